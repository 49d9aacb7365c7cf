"""What is known of a value's codes: its width, the interval that they lie in, its shape at the longest input."""

from dataclasses import dataclass

WIDTHS = (*range(1, 9), 16, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """`row` bounds the sum of each row, where the value is a softmax's. `from_input`: it depends on the audio.

    `stored` is the width of the constants that a value is made of, where nothing else but them is in it; else None.
    """

    bits: int
    signed: bool
    low: int
    high: int
    shape: tuple[int, ...]
    from_input: bool
    row: int | None = None
    stored: int | None = None

    def centred(self, zero_point: int) -> int:
        """The largest |code - zero_point|."""
        return max(abs(self.low - zero_point), abs(self.high - zero_point))


def code_range(bits: int, *, signed: bool) -> tuple[int, int]:
    """Lowest and highest code of a width."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
