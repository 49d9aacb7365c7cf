"""A float recogniser, whatever it was loaded from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from earnest.errors import CheckpointError
from earnest.models.recognition.recognition import FloatRecognition
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.pieces import Pieces
from earnest.runtime.text import Tokens

LONGEST_INPUT = 1 << 20
"""The greatest time of any program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatModel:
    """A float recogniser: the module in evaluation mode, its tokens, its front end, and where it came from; its
    architecture with the settings by name, and the greatest time that it takes, in steps of the front end.
    `recognition` is how its tokens are chosen.
    """

    module: nn.Module
    tokens: Pieces
    front_end: FrontEnd
    source: Path
    architecture: str
    configuration: Mapping[str, object]
    longest: int
    recognition: FloatRecognition

    @property
    def ctc_tokens(self) -> Tokens:
        """The tokens with their blank. CheckpointError: it is no CTC model."""
        if not isinstance(self.tokens, Tokens):
            raise CheckpointError(
                f"{self.source}: expected a CTC model, got {self.architecture}, which has a decoder: this is measured "
                "by CTC alone"
            )
        return self.tokens
