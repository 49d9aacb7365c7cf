"""What an operator multiplies and sums, as the census counts it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import final

from earnest.judge.program.records import Step
from earnest.judge.program.values import Value

Shapes = Mapping[str, tuple[int, ...]]
Values = Mapping[str, Value]


class Factors(ABC):
    """The two factors of each product in an operator's sums."""

    @abstractmethod
    def depth(self, step: Step, shapes: Shapes) -> int:
        """How many products each number of the result sums."""

    @abstractmethod
    def widths(self, step: Step, values: Values) -> tuple[int, int]:
        """The bits of either factor, weights first."""

    def activation_bits(self, step: Step) -> int:
        """The bits of the codes that weights multiply; 0 where no weights do."""
        del step
        return 0

    def constants(self, step: Step) -> Iterator[str]:
        """The operands that are weights, whatever they are called, where they are made of constants alone."""
        del step
        yield from ()


@final
class WeightsByOperand(Factors):
    """Weights, a row for each channel of the result, times what the operator reads."""

    def depth(self, step: Step, shapes: Shapes) -> int:
        """The weights of a row."""
        del shapes
        return math.prod(step.arrays["weight"].codes.shape[1:])

    def widths(self, step: Step, values: Values) -> tuple[int, int]:
        """Of the weights and of the operand."""
        return step.arrays["weight"].bits, values[step.inputs[0]].bits

    def activation_bits(self, step: Step) -> int:
        """Those that the step says of its operand."""
        return step.fields["input_bits"]


@final
class WeightsByResult(Factors):
    """Weights, some rows for each unit, times what the operator made one step before."""

    def depth(self, step: Step, shapes: Shapes) -> int:
        """The rows: each number of the result goes into all of them."""
        del shapes
        return step.arrays["weight"].codes.shape[0]

    def widths(self, step: Step, values: Values) -> tuple[int, int]:
        """Of the weights and of the result."""
        return step.arrays["weight"].bits, values[step.name].bits

    def activation_bits(self, step: Step) -> int:
        """Those that the step says of its result."""
        return step.fields["bits"]


@final
class OperandByOperand(Factors):
    """The rows of one operand times the columns of the other."""

    def depth(self, step: Step, shapes: Shapes) -> int:
        """The inner extent."""
        return shapes[step.inputs[0]][-1]

    def widths(self, step: Step, values: Values) -> tuple[int, int]:
        """Of both operands."""
        first, second = (values[name].bits for name in step.inputs)
        return first, second

    def constants(self, step: Step) -> Iterator[str]:
        """Both operands."""
        yield from step.inputs
