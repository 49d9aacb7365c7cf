"""Places: where the tokens, or the frames, are in a value, and what an operator reads of them.

A value either holds a row for each token, or scores of every token against every token, of which softmax under the
causal mask leaves those of the tokens before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from earnest.errors import ProgramError
from earnest.integer.dimension import TOKENS

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A row for each token; `axis` counts the tokens, from the end: -1 is the last."""

    axis: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Every token against every token, on the last two axes; `masked` once no token sees a later one."""

    masked: bool


Place = Rows | Scores | None
"""None: the value does not depend on the tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An operator at its place, where the tokens are in what it reads, the shapes of that at the shortest input and at
    the longest, and the lengths at the shortest. `rows` is what tokens are called: frames are looked at in that way
    too.
    """

    name: str
    operator: Any
    places: Sequence[Place]
    shapes: Sequence[Shape]
    longest: Sequence[Shape]
    symbols: dict[str, int]
    rows: str = TOKENS

    def refuse(self, why: str) -> ProgramError:
        """The error for what cannot be run row by row."""
        what = f"{why}, so that {TOKENS} cannot be run one by one".replace(TOKENS, self.rows)
        return ProgramError(f"{self.name}: {self.operator.kind}: {what}")

    def common(self) -> Rows | Scores:
        """The place that all operands with tokens have."""
        found = {place for place in self.places if place is not None}
        if len(found) != 1:
            raise self.refuse("reads tokens on different axes")
        return found.pop()
