"""Layout: twins that move codes and change none (E22, E23), constants (E24), and the scaling that costs nothing."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from earnest.integer import layout as law
from earnest.integer.dimension import Dimension, Symbols, evaluate
from earnest.integer.operator import Operator
from earnest.integer.relative_shift import RelativeShift as RelativeShiftLaw
from earnest.integer.relative_shift import relative_shift
from earnest.nn.edge import Edge
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.numerics.grid import quantize


class Layout(Twin):
    """A twin whose codes are those of its operand: `move` does it, to codes and to reals alike."""

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """The elements in their new places."""
        raise NotImplementedError

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """Moves the carrier itself."""
        return self.move(carriers[0], symbols)

    def forward(self, *carriers: Tensor, symbols: Symbols) -> Tensor:
        """Moves the carrier; its gradient is exact."""
        return self.run(carriers, symbols)

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The same move of the real values."""
        del parameters
        return self.move(inputs[0], symbols)


class Reshape(Layout):
    """Another shape; its dimensions may depend on `batch` and `time`."""

    law_class = law.Reshape

    def __init__(self, operands: Sequence[Edge], output: Edge, *, shape: tuple[Dimension, ...]) -> None:
        super().__init__(operands, output)
        self.shape = shape

    def build(self) -> Operator:
        """The law's reshape."""
        return law.Reshape(shape=self.shape)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """torch's reshape."""
        return x.reshape([evaluate(dimension, symbols) for dimension in self.shape])


class Transpose(Layout):
    """Axes in another order."""

    law_class = law.Transpose

    def __init__(self, operands: Sequence[Edge], output: Edge, *, order: tuple[int, ...]) -> None:
        super().__init__(operands, output)
        self.order = order

    def build(self) -> Operator:
        """The law's transpose."""
        return law.Transpose(order=self.order)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """torch's permute."""
        del symbols
        return x.permute(self.order)


class Slice(Layout):
    """Part of one axis."""

    law_class = law.Slice

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, axis: int, start: Dimension, stop: Dimension, step: int
    ) -> None:
        super().__init__(operands, output)
        self.axis, self.start, self.stop, self.step = axis, start, stop, step

    def build(self) -> Operator:
        """The law's slice."""
        return law.Slice(axis=self.axis, start=self.start, stop=self.stop, step=self.step)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """torch's slice."""
        window = slice(evaluate(self.start, symbols), evaluate(self.stop, symbols), self.step)
        return x[(*(slice(None),) * self.axis, window)]


class Pad(Layout):
    """The code of real 0 around each axis."""

    law_class = law.Pad

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, before: tuple[int, ...], after: tuple[int, ...]
    ) -> None:
        super().__init__(operands, output)
        self.before, self.after = before, after

    def build(self) -> Operator:
        """The law's pad."""
        return law.Pad(before=self.before, after=self.after, zero_point=self.output.grid.zero_point)

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """Pads the carrier with the zero point."""
        del symbols
        return functional.pad(carriers[0], self._amounts(), value=float(self.output.grid.zero_point))

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """Pads real values with 0."""
        del symbols
        return functional.pad(x, self._amounts())

    def _amounts(self) -> list[int]:
        pairs = zip(reversed(self.before), reversed(self.after), strict=True)
        return [amount for pair in pairs for amount in pair]


class RelativeShift(Layout):
    """E22."""

    law_class = RelativeShiftLaw

    def build(self) -> Operator:
        """The law's relative shift."""
        return RelativeShiftLaw()

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """The same function as the law's."""
        del symbols
        return relative_shift(x)


class Concat(Layout):
    """Values of one grid behind each other."""

    law_class = law.Concat

    def __init__(self, operands: Sequence[Edge], output: Edge, *, axis: int) -> None:
        super().__init__(operands, output)
        self.axis = axis

    def build(self) -> Operator:
        """The law's concat."""
        return law.Concat(axis=self.axis)

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's cat."""
        del symbols
        return torch.cat(list(carriers), dim=self.axis)

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's cat."""
        del parameters, symbols
        return torch.cat(list(inputs), dim=self.axis)


class ScaledGradient(torch.autograd.Function):
    """The identity on codes; the real value, and so its gradient, is scaled."""

    @staticmethod
    def forward(ctx: Any, carrier: Tensor, factor: float) -> Tensor:
        """The codes as they are."""
        ctx.factor = factor
        return carrier.view_as(carrier)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """d real_out / d real_in is the factor."""
        return gradients[0] * ctx.factor, None


class Scaled(Layout):
    """Multiplication by a positive constant: the codes stay, the edge means more. No operator of the program."""

    kind = "scaled"

    def __init__(self, operands: Sequence[Edge], output: Edge, *, factor: float) -> None:
        super().__init__(operands, output)
        self.factor = factor

    def build(self) -> Operator:
        """Never asked for: lowering gives the operand's value another name."""
        raise NotImplementedError("a scaling has no operator; lowering removes it")

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The codes as they are."""
        del symbols
        return ScaledGradient.apply(carriers[0], self.factor)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """Real values times the factor."""
        del symbols
        return x * self.factor

    def extra_repr(self) -> str:
        """The factor."""
        return f"x {self.factor:g}"


class Constant(Twin):
    """E24: a parameter or a table as a value of its own."""

    law_class = law.Constant
    makes = "position"

    def __init__(self, output: Edge, *, value: Tensor) -> None:
        super().__init__((), output)
        if isinstance(value, nn.Parameter):
            self.value = value
        else:
            self.register_buffer("value", value, persistent=False)

    @classmethod
    def at(cls, site: Site) -> Twin:
        """It reads nothing."""
        return cls(site.output, value=site.parameters["value"])

    def trainable(self) -> tuple[Tensor, ...]:
        """The value, if it is a parameter."""
        return (self.value,) if isinstance(self.value, nn.Parameter) else ()

    def build(self) -> Operator:
        """The law's constant."""
        grid = self.output.grid
        codes = quantize(self.value.detach().cpu().numpy(), grid)
        return law.Constant(codes=codes, bits=grid.bits)

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The value itself."""
        del inputs, symbols
        return parameters[0] if parameters else self.value
