"""A method: what a recipe may do to a model of twins, before it is calibrated or to its weights afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from earnest.integer.program.target import Target
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a method is given: the twins that it changes, the same ones before any weight was rounded (the twins
    themselves, unless a method asks for them), the inputs that ranges come from, and the device.
    """

    twin: TwinModel
    real: TwinModel
    batches: Sequence[Inputs]
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method by the name that a recipe gives it. `stage` says whether it comes before calibration or after;
    `against_real` asks for the twins as they were before any weight was rounded; with `rounds_together` it rounds
    weights to make up for others.
    """

    name: str
    stage: Literal["before calibration", "after calibration"]
    apply: Callable[[Material, Progress | None], object]
    against_real: bool = False
    rounds_together: bool = False
