"""A float transducer by torch in float32, frame by frame and token by token."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from earnest.errors import CheckpointError
from earnest.models.hub.generation import transduction_from
from earnest.models.hub.wrapped import WrappedTransducer
from earnest.models.recognition.recognition import TokenRecognition, most_of
from earnest.nn.model import TwinModel
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.transduction import Transduction, transduced, transduced_logits


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatTransducer(TokenRecognition):
    """The best class at each frame, behind the tokens so far."""

    rules: Transduction

    @property
    def most_tokens(self) -> int:
        """The beginning included."""
        return self.rules.most_tokens

    @classmethod
    def of_model(cls, model: Any, *, classes: int, most_tokens: int) -> Self:
        """By the config, and the generation config."""
        del classes
        return cls(rules=transduction_from(model.config, model.generation_config, most_tokens=most_tokens))

    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen: the last of them too."""
        return self.rules.read(chosen)

    def logits(self, module: nn.Module, features: Tensor) -> np.ndarray:
        """Those of every choice, blanks among them, [choices, classes]."""
        if not isinstance(module, WrappedTransducer):
            raise CheckpointError(f"expected a transducer, got {type(module).__name__}")
        with torch.no_grad():
            return transduced_logits(_Frames(module, module.encode(features)), self.rules)

    def tokens(self, module: nn.Module, features: Tensor, *, beams: int = 1) -> Decoded:
        """The best of each choice; there are no beams."""
        del beams
        return transduced(self.logits(module, features), self.rules)

    def decoding(self, twin: TwinModel) -> Transduction:
        """The same, with as many tokens as the twins read."""
        return replace(self.rules, most_tokens=most_of(twin, self.rules.most_tokens))


class _Frames:
    """The frames of a float transducer; tokens [1, tokens] say what they say with all that came before."""

    def __init__(self, module: WrappedTransducer, encoded: Tensor) -> None:
        self.module, self.encoded, self.count = module, encoded, encoded.shape[1]

    def say(self, token: int, before: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """The tokens so far, and what the last of them says."""
        tokens = torch.tensor([[token]])
        tokens = tokens if before is None else torch.cat([before[0], tokens], dim=1)
        return tokens, self.module.say(tokens)[:, -1:]

    def row(self, frame: int, said: tuple[Tensor, Tensor]) -> np.ndarray:
        """The logits [classes] at a frame, behind the tokens so far."""
        return self.module.join(self.encoded[:, frame : frame + 1], said[1])[0, 0, 0].numpy()
