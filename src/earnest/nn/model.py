"""A model of twins: the captured graph, in order, its twins at the paths of the modules that they stand for."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from earnest.errors import ProgramError
from earnest.integer.dimension import Dimension, Symbols
from earnest.integer.program import INPUT, TIME
from earnest.nn.edge import CalibratedEdge, Edge
from earnest.nn.twin import Twin
from earnest.numerics.entry import entry_multiplier

Observe = Callable[[str, Tensor], None]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One twin at its place in the graph: the value that it makes and the values that it reads, by name."""

    name: str
    inputs: tuple[str, ...]


class Container(nn.Module):
    """A place in the original's tree of modules; it computes nothing itself."""


class Quantize(torch.autograd.Function):
    """Real features to codes, nearest, ties up; the gradient is 1 inside the range."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, factor: float, zero_point: int, low: int, high: int) -> Tensor:
        """In float64, as the runtime does it."""
        codes = torch.floor(features.double() * factor + 0.5) + zero_point
        ctx.save_for_backward((codes >= low) & (codes <= high))
        return codes.clamp(low, high).to(torch.float32)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient with respect to the real features."""
        (inside,) = ctx.saved_tensors
        return gradients[0] * inside, None, None, None, None


class Dequantize(torch.autograd.Function):
    """A carrier to real values; the gradient is with respect to the real value on either side and passes as it is."""

    @staticmethod
    def forward(ctx: Any, carrier: Tensor, edge: Edge) -> Tensor:
        """What the codes stand for."""
        del ctx
        return edge.real(carrier)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """The gradient on the wire."""
        del ctx
        return gradients[0], None


class TwinModel(nn.Module):
    """An ordinary module: float features in, real logits out; every tensor between them is codes."""

    input: CalibratedEdge

    def __init__(
        self,
        *,
        input_edge: CalibratedEdge,
        input_shape: tuple[Dimension, ...],
        shortest: int,
        longest: int,
        target: str,
    ) -> None:
        super().__init__()
        self.input = input_edge
        self.input_shape, self.shortest, self.longest, self.target = input_shape, shortest, longest, target
        self.report: Any = None
        self.calls: list[Call] = []
        self.result = INPUT

    def place_(self, name: str, twin: Twin, inputs: Sequence[str]) -> None:
        """Append a twin to the graph, at the path that is its name."""
        parent: nn.Module = self
        *places, leaf = name.split(".")
        first = (*places, leaf)[0]
        if first == INPUT or (first not in self._modules and hasattr(self, first)):
            raise ProgramError(f"{name}: {first!r} is a name that a model of twins needs itself; rename that submodule")
        for place in places:
            child = parent._modules.get(place)
            if child is None:
                child = Container()
                parent.add_module(place, child)
            parent = child
        there = parent._modules.get(leaf)
        if isinstance(there, Twin):
            raise ProgramError(f"{name}: two twins at one place")
        for child_name, child in there.named_children() if there is not None else ():
            twin.add_module(child_name, child)
        parent.add_module(leaf, twin)
        twin.path = name
        self.calls.append(Call(name=name, inputs=tuple(inputs)))
        self.result = name

    def twin(self, name: str) -> Twin:
        """The twin at a path."""
        module = self.get_submodule(name)
        if not isinstance(module, Twin):
            raise KeyError(name)
        return module

    def edge(self, name: str) -> Edge:
        """The edge of a value by name."""
        return self.input if name == INPUT else self.twin(name).output

    def symbols(self, features: Tensor) -> Symbols:
        """Batch and time of an input; a length that nothing is proved for is refused."""
        symbols = {
            dimension: extent
            for dimension, extent in zip(self.input_shape, features.shape, strict=True)
            if isinstance(dimension, str)
        }
        if not self.shortest <= symbols[TIME] <= self.longest:
            raise ProgramError(f"expected {self.shortest} to {self.longest} frames, got {symbols[TIME]}")
        return symbols

    def encode(self, features: Tensor) -> Tensor:
        """The carrier of the input's codes."""
        grid = self.input.grid
        mantissa, shift = entry_multiplier(grid)
        return Quantize.apply(features, mantissa * 2.0**-shift, grid.zero_point, *grid.codes)

    def codes(self, features: Tensor, observe: Observe | None = None) -> Tensor:
        """The carrier of the output's codes; `observe` sees every carrier by name."""
        symbols = self.symbols(features)
        carrier = self.encode(features)
        if observe is not None:
            observe(INPUT, carrier)
        return walk(self, carrier, lambda twin, inputs: twin(*inputs, symbols=symbols), observe)

    def forward(self, features: Tensor) -> Tensor:
        """Real logits, exactly those that the program's codes stand for."""
        return Dequantize.apply(self.codes(features), self.edge(self.result))


def walk(
    model: TwinModel,
    value: Value,
    compute: Callable[[Twin, list[Value]], Value],
    observe: Callable[[str, Value], None] | None,
) -> Value:
    """One pass over the graph, with whatever a value may be; it is dropped after its last reader."""
    last = {name: index for index, call in enumerate(model.calls) for name in call.inputs}
    values: dict[str, Value] = {INPUT: value}
    for index, call in enumerate(model.calls):
        values[call.name] = compute(model.twin(call.name), [values[name] for name in call.inputs])
        if observe is not None:
            observe(call.name, values[call.name])
        for name in call.inputs:
            if last[name] == index and name != model.result:
                values.pop(name, None)
    return values[model.result]


def readers(model: TwinModel) -> dict[str, list[Call]]:
    """The calls that read each value, in the order of the graph."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in model.calls:
        for name in call.inputs:
            found[name].append(call)
    return found


def run_real(model: TwinModel, features: Tensor, observe: Observe | None = None) -> Tensor:
    """The float model on the same graph: each twin's float operator with its float parameters."""
    symbols = model.symbols(features)
    if observe is not None:
        observe(INPUT, features)
    return walk(model, features, lambda twin, inputs: twin.real(inputs, twin.trainable(), symbols), observe)


def edges(model: TwinModel) -> Mapping[str, Edge]:
    """The edge of every value by name, in the order of the graph."""
    return {INPUT: model.input, **{call.name: model.edge(call.name) for call in model.calls}}
