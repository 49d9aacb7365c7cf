"""Rows of kind "sensitivity": what a model loses by one group of its operators."""

from typing import ClassVar, Literal

from earnest.ledger.fields import Count, Real, Text, Unsigned
from earnest.ledger.row import LedgerRow

SENSITIVITY = "sensitivity"
ALONE, ALL_BUT = "alone", "all but"
"""Nothing but the group is quantized; everything else is."""


class SensitivityRow(LedgerRow, frozen=True):
    """One group of operators in one way. `lab.sensitivity_table` has the equations of `loss` and `kl`."""

    NOUN: ClassVar[str] = "a sensitivity"

    kind: Literal["sensitivity"]
    model: Text
    recipe: Text
    target: Text
    data: Text
    data_sha256: Text
    utterances: Count
    group: Text
    """A kind of operators, or the path of a module."""
    operators: Count
    bits: Count
    """The narrowest of its weights, 0 where it has none."""
    way: Literal["alone", "all but"]
    loss: Real
    """Nats a token; below 0 where the quantized model is surer of what the float model hears."""
    kl: Unsigned
    """Nats a frame."""
    margin: Unsigned
    """Median ratio of the margin between the two largest logits to the error of that margin."""
    wer: Unsigned
    """Per cent of the words."""
    float_wer: Unsigned
    """Per cent of the words."""
