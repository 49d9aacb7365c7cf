"""CTC by torch in float32: one run of the module."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn

from earnest.models.recognition.recognition import FloatRecognition
from earnest.nn.model import TwinModel
from earnest.runtime.decoding.ctc import CTC
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.text import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatCTC(FloatRecognition):
    """The best class of each frame."""

    rules: CTC

    @classmethod
    def of_model(cls, model: Any, *, classes: int, most_tokens: int) -> Self:
        """The blank is the last class, as everywhere here."""
        del model, most_tokens
        return cls(rules=CTC(blank=classes - 1))

    @classmethod
    def plain(cls, pieces: tuple[str, ...]) -> Tokens:
        """The last is the blank."""
        return Tokens(pieces=pieces)

    def logits(self, module: nn.Module, features: Tensor) -> Tensor:
        """Those of all frames, [1, frames, classes]."""
        return module(features)

    def tokens(self, module: nn.Module, features: Tensor, *, beams: int = 1) -> Decoded:
        """The best class of each frame; there are no beams."""
        del beams
        with torch.inference_mode():
            return self.rules.decoded(self.logits(module, features)[0].numpy())

    def taught(self, module: nn.Module, features: Tensor) -> Tensor:
        """The features alone."""
        del module
        return features

    def beginning(self, features: Tensor, count: int) -> Tensor:
        """The features alone."""
        del count
        return features

    def decoding(self, twin: TwinModel) -> CTC:
        """The same."""
        del twin
        return self.rules
