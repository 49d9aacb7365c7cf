"""How much of a recogniser is integers: the levels of honesty, and what each of them says."""

from enum import IntEnum


class Level(IntEnum):
    """The levels in their order; `NONE` is a model of which nothing is proved."""

    NONE = -1
    H0 = 0
    H1 = 1
    H2 = 2
    H3 = 3
    H4 = 4
    H5 = 5

    def __str__(self) -> str:
        return "none" if self is Level.NONE else self.name

    @property
    def meaning(self) -> str:
        """One line that a person can read."""
        return MEANINGS[self]


MEANINGS = {
    Level.NONE: "nothing is proved",
    Level.H0: "weights only: stored as codes, computed in float",
    Level.H1: "fake quantization: values on grids, computed in float",
    Level.H2: "integer products with float glue or run-time scales",
    Level.H3: "static scales, float non-linearities",
    Level.H4: "integers from the features' codes to the token ids; the front end is float, and declared",
    Level.H5: "integers from the 16-bit samples to the token ids",
}
