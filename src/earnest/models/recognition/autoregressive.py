"""A float decoder by torch in float32: the best token after the other, or the best hypothesis."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from earnest.errors import CheckpointError
from earnest.models.hub.generation import generation_from
from earnest.models.hub.wrapped import WrappedDecoder
from earnest.models.recognition.recognition import TokenRecognition, most_of
from earnest.nn.model import TwinModel
from earnest.numerics.entry import exit_multiplier
from earnest.runtime.decoding.autoregressive import Autoregressive
from earnest.runtime.decoding.beam import search
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.generation import Generation
from earnest.runtime.decoding.greedy import chosen, greedy_logits


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatAutoregressive(TokenRecognition):
    """Each token behind those before."""

    follows_beams = True

    rules: Generation

    @property
    def most_tokens(self) -> int:
        """The beginning included."""
        return self.rules.most_tokens

    @classmethod
    def of_model(cls, model: Any, *, classes: int, most_tokens: int) -> Self:
        """By the generation config."""
        return cls(rules=generation_from(model.generation_config, classes=classes, most_tokens=most_tokens))

    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen: the last of them is not."""
        return self.rules.read(chosen)

    def logits(self, module: nn.Module, features: Tensor) -> np.ndarray:
        """Each the row that the next token is the best of, [tokens, classes]."""
        with torch.no_grad():
            return greedy_logits(_Steps(module), features, self.rules)

    def tokens(self, module: nn.Module, features: Tensor, *, beams: int = 1) -> Decoded:
        """The best after the other, or those of the best hypothesis by the search of `runtime.decoding.beam`."""
        if beams == 1:
            return chosen(self.logits(module, features), self.rules)
        with torch.no_grad():
            return search(_BranchingSteps(module), features, self.rules, _log_probabilities, beams=beams)[0]

    def decoding(self, twin: TwinModel) -> Autoregressive:
        """The same, with what brings codes to log-probabilities."""
        most_tokens = most_of(twin, self.rules.most_tokens)
        multiplier, shift = exit_multiplier(twin.edge(twin.result).grid)
        return Autoregressive(
            start=self.rules.start,
            end=self.rules.end,
            suppressed=self.rules.suppressed,
            suppressed_first=self.rules.suppressed_first,
            most_tokens=most_tokens,
            multiplier=multiplier,
            shift=shift,
        )


class _Steps:
    """A float decoder token by token. The model's cache grows in place: it goes on from a state once."""

    def __init__(self, module: nn.Module) -> None:
        if not isinstance(module, WrappedDecoder):
            raise CheckpointError(f"expected a model with a decoder, got {type(module).__name__}")
        self.module = module

    def begin(self, codes: Tensor, start: Sequence[int]) -> tuple[np.ndarray, tuple[Any, Any]]:
        """The logits behind the tokens that it begins with, and the state there."""
        return self._next(self.module.encode(codes), start, None)

    def step(self, state: tuple[Any, Any], token: int) -> tuple[np.ndarray, tuple[Any, Any]]:
        """The logits behind a token, and the state after it."""
        encoded, kept = state
        return self._next(encoded, [token], kept)

    def _next(self, encoded: Any, tokens: Sequence[int], kept: Any) -> tuple[np.ndarray, tuple[Any, Any]]:
        logits, kept = self.module.next(encoded, torch.tensor([[*tokens]]), kept)
        return logits.numpy(), (encoded, kept)


class _BranchingSteps(_Steps):
    """It goes on from a state as often as is asked: what it keeps of earlier tokens is copied."""

    def step(self, state: tuple[Any, Any], token: int) -> tuple[np.ndarray, tuple[Any, Any]]:
        """The logits behind a token, and the state after it."""
        encoded, kept = state
        return self._next(encoded, [token], copy.deepcopy(kept))


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    return torch.log_softmax(torch.from_numpy(logits).double(), dim=-1).numpy()
