"""The methods that a recipe may name, and what each is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from earnest.integer.program.target import Target
from earnest.methods.accumulators import accumulate_
from earnest.methods.rotation import rotate_
from earnest.methods.rounding import gptq_
from earnest.methods.scaling import equalize_
from earnest.methods.settling import adaround_, adaround_blocks_
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """What methods that change weights are given: calibrated twins, the same ones before any weight was rounded (the
    twins themselves, unless a method asks for them), the inputs that ranges came from, and the device.
    """

    twin: TwinModel
    real: TwinModel
    batches: Sequence[Inputs]
    target: Target


BEFORE: dict[str, Callable[[TwinModel, Sequence[Inputs], Progress | None], object]] = {
    "equalize": equalize_,
    "rotate": rotate_,
}
"""What a recipe may do to a model of twins before it is calibrated, by the name that it gives."""

AFTER: dict[str, Callable[[Rounding, Progress | None], object]] = {
    "gptq": lambda at, told: gptq_(at.twin, at.batches, told),
    "adaround": lambda at, told: adaround_(at.twin, at.real, at.batches, told),
    "adaround-block": lambda at, told: adaround_blocks_(at.twin, at.real, at.batches, told),
    "accumulators": lambda at, told: accumulate_(at.twin, at.batches, at.target, told),
}
"""What it may do to a calibrated one."""

AGAINST_REAL = frozenset({"adaround", "adaround-block"})
"""Methods that ask for the twins as they were before any weight was rounded."""
