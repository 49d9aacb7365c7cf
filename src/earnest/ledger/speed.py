"""Rows of kind "speed": the program of a family on the native engine beside the same torch module in float32."""

from typing import ClassVar, Literal

from earnest.ledger.fields import Count, MaybeReal, Positive, Size, Text, Unsigned
from earnest.ledger.row import LedgerRow, machine_name

SPEED = "speed"


class SpeedRow(LedgerRow, frozen=True):
    """One family at one size. Milliseconds are medians of processor time, features in, logits out."""

    NOUN: ClassVar[str] = "a speed"

    kind: Literal["speed"]
    family: Text
    size: Text
    """`tiny`, or the name of a published size."""
    parameters: Size
    recipe: Text
    target: Text
    time: Size
    """Samples or frames that were heard."""
    tokens: Count
    """Tokens that were read; 0 where there is no decoder."""
    threads: Size
    """Of each system."""
    rounds: Size
    milliseconds: Positive
    float_milliseconds: Positive
    ratio: Positive
    """The median of torch's time over the program's of the same round, which need not be that of the medians."""
    decibel: MaybeReal = None
    """Signal over noise of the timed result, in dB. Absent in rows that were not written by this package."""
    cpu: Text
    cpus: Size  # type: ignore[assignment]
    other_load: Unsigned | None = None
    """Cores that others kept busy meanwhile; None where the system does not tell."""

    @property
    def machine_name(self) -> str:
        """The processor and its cores."""
        return machine_name(self.cpu, self.machine, self.cpus)
