"""What one operator of the law is to the judge; each is declared in `kinds/`, in the file of its name."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from earnest.judge.program.factors import Factors
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import LARGEST, MOST_AXES, Shape, refuse
from earnest.judge.program.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One operator of the law. A file tells of it its plain `fields`, each with what it may hold, the arrays that are
    `tensors`, and those among the step's `constants` (docs/file-format.md, "The names"). It reads `operands` values,
    any number from 1 where that is None.

    `shape` is that of its result, by the step, the shapes of its operands and the lengths; ValueError says why it has
    none. `prove` is what is known of the result. `factors` is what it multiplies and sums, None where it does not.
    `moves`: it moves codes and changes none. `extents` are those that its fields say, at every length up to the
    longest; a kind without it says none.
    """

    fields: Mapping[str, Callable[[object], bool]]
    shape: Callable[[Step, Sequence[Shape], Lengths], Shape]
    prove: Callable[[Place], Value]
    tensors: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    operands: int | None = 1
    factors: Factors | None = None
    moves: bool = False
    extents: Callable[[Step, Lengths], Iterator[np.ndarray]] | None = None

    def result_shape(self, step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
        """The shape of what a step makes."""
        found = self.shape(step, shapes, lengths)
        if len(found) > MOST_AXES or any(part < 1 for part in found) or math.prod(found) >= LARGEST:
            refuse("extents from 1, and fewer than 2^31 elements", found)
        return found

    def wrong_fields(self, step: Step) -> list[str]:
        """The plain fields of a step that hold what they may not."""
        return [name for name, value in step.fields.items() if name in self.fields and not self.fields[name](value)]
