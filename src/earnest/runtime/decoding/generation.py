"""How the tokens of a decoder are chosen, of a program's as of a float model's."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a decoder begins with, the tokens that end it, those that are never chosen, and not as the first; how many
    tokens there may be, the beginning included.
    """

    start: tuple[int, ...]
    end: tuple[int, ...]
    suppressed: tuple[int, ...]
    suppressed_first: tuple[int, ...]
    most_tokens: int

    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen: the last of them is not."""
        return (*self.start, *chosen[:-1])

    def allowed(self, classes: int, *, first: bool) -> np.ndarray:
        """The classes that may be chosen."""
        found = np.ones(classes, dtype=bool)
        found[list(self.suppressed)] = False
        if first:
            found[list(self.suppressed_first)] = False
        return found
