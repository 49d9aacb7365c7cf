"""What every way of recognition is for a float model: how its module is run, and how its logits become tokens.

The way from logits to tokens is that of a program, so that both are compared by the arithmetic between alone.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from earnest.errors import CaptureError
from earnest.nn.model import Inputs, TwinModel
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import Decoding
from earnest.runtime.pieces import Pieces
from earnest.runtime.vocabulary import SENTENCEPIECE, Vocabulary


class FloatRecognition(ABC):
    """A frozen dataclass of the rules by which tokens are chosen; features are those of one utterance, [1, ...]."""

    __slots__ = ()

    follows_beams: ClassVar[bool] = False
    """Whether it may follow several hypotheses."""

    @property
    def most_tokens(self) -> int | None:
        """The greatest number of tokens that the module reads, None where it reads features alone."""
        return None

    @classmethod
    @abstractmethod
    def of_model(cls, model: Any, *, classes: int, most_tokens: int) -> Self:
        """What a model of `transformers` says by its configs; it has so many tokens to choose from, and reads so many
        at most.

        CaptureError: what it says is not what is expected, or not what greedy decoding follows.
        """

    @classmethod
    @abstractmethod
    def plain(cls, pieces: tuple[str, ...]) -> Pieces:
        """Pieces of which every one is text, but for the blank of CTC."""

    @abstractmethod
    def logits(self, module: nn.Module, features: Tensor) -> Any:
        """The logits of greedy decoding, a row for each choice."""

    @abstractmethod
    def tokens(self, module: nn.Module, features: Tensor, *, beams: int = 1) -> Decoded:
        """The tokens that are chosen, greedily, or of the best of so many hypotheses where they are followed."""

    @abstractmethod
    def taught(self, module: nn.Module, features: Tensor) -> Inputs:
        """What the module reads while it chooses the tokens of an utterance itself."""

    @abstractmethod
    def beginning(self, features: Tensor, count: int) -> Inputs:
        """Features, with what is read before the first choice, so many times, where tokens are read."""

    @abstractmethod
    def decoding(self, twin: TwinModel) -> Decoding:
        """That of the program of calibrated twins. CaptureError: they read no tokens, and this does."""


class TokenRecognition(FloatRecognition):
    """That of a module which reads tokens."""

    __slots__ = ()

    @abstractmethod
    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen."""

    @classmethod
    def plain(cls, pieces: tuple[str, ...]) -> Vocabulary:
        """As those of SentencePiece."""
        return Vocabulary(coding=SENTENCEPIECE, pieces=pieces, special=())

    def taught(self, module: nn.Module, features: Tensor) -> Inputs:
        """Features, and what is read, [1, tokens]."""
        return features, torch.tensor([self.read(self.tokens(module, features).tokens)])

    def beginning(self, features: Tensor, count: int) -> Inputs:
        """Features, and so many times the beginning, [1, tokens]."""
        return features, torch.tensor([self.read(()) * count])


def most_of(twin: TwinModel, most_tokens: int) -> int:
    """How many tokens twins may read of so many. CaptureError: they read none."""
    if twin.tokens is None:
        raise CaptureError("expected twins of a decoder, got those of a model that reads no tokens")
    return min(most_tokens, twin.tokens.longest)
