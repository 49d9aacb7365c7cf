"""The pieces of a model by id, and how ids become text."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any


class Pieces(ABC):
    """A frozen dataclass of pieces. FileError: too few of them, or one that is none."""

    __slots__ = ()

    pieces: tuple[str, ...]
    """By id."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids: single spaces, none at the ends. FileError: an id that has no piece."""

    @abstractmethod
    def declared(self) -> Any:
        """The form that a program carries."""
