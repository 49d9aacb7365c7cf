"""A model of twins: the captured graph, in order, its twins at the paths of the modules that they stand for."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from earnest.errors import ProgramError
from earnest.integer.dimension import TIME, TOKENS, Dimension, Symbols
from earnest.integer.program.program import INPUT
from earnest.nn.edge import CalibratedEdge, Edge, FixedEdge
from earnest.nn.twin import Twin
from earnest.numerics.entry import entry_multiplier

Observe = Callable[[str, Tensor], None]
Inputs = Tensor | tuple[Tensor, Tensor]
"""Float features, or features and the tokens of a decoder."""

TOKEN_BITS = 16

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One twin at its place in the graph: the value that it makes and the values that it reads, by name."""

    name: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a decoder reads beside the audio: indices of so many classes, so many at most."""

    classes: int
    longest: int

    def __post_init__(self) -> None:
        if not 1 <= self.classes <= 1 << TOKEN_BITS or self.longest < 1:
            raise ProgramError(
                f"expected 1 to {1 << TOKEN_BITS} classes and a greatest number of tokens, got {self.classes}, "
                f"{self.longest}"
            )


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
    """An ordinary module: float features in, and tokens if it is a decoder, real logits out; every tensor between them
    is codes.
    """

    input: CalibratedEdge

    def __init__(
        self,
        *,
        input_edge: CalibratedEdge,
        input_shape: tuple[Dimension, ...],
        shortest: int,
        longest: int,
        target: str,
        tokens: Tokens | None = None,
    ) -> None:
        super().__init__()
        self.input = input_edge
        self.input_shape, self.shortest, self.longest, self.target = input_shape, shortest, longest, target
        self.tokens = tokens
        self._token_edge = (FixedEdge(bits=TOKEN_BITS, signed=False, scale=1.0),)
        self.report: Any = None
        self.calls: list[Call] = []
        self.result = INPUT

    def place_(self, name: str, twin: Twin, inputs: Sequence[str]) -> None:
        """Append a twin to the graph, at the path that is its name."""
        parent: nn.Module = self
        *places, leaf = name.split(".")
        first = (*places, leaf)[0]
        if first in (INPUT, TOKENS) or (first not in self._modules and hasattr(self, first)):
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
        if name == TOKENS:
            return self._token_edge[0]
        return self.input if name == INPUT else self.twin(name).output

    def read(self, inputs: Inputs) -> dict[str, Tensor]:
        """The inputs by name."""
        if isinstance(inputs, Tensor) != (self.tokens is None):
            raise ProgramError(f"expected features{'' if self.tokens is None else ' and tokens'}")
        return {INPUT: inputs} if isinstance(inputs, Tensor) else dict(zip((INPUT, TOKENS), inputs, strict=True))

    def symbols(self, inputs: Inputs) -> Symbols:
        """Batch, time and tokens of inputs; a length that nothing is proved for is refused."""
        values = self.read(inputs)
        features = values[INPUT]
        symbols = {
            dimension: extent
            for dimension, extent in zip(self.input_shape, features.shape, strict=True)
            if isinstance(dimension, str)
        }
        if not self.shortest <= symbols[TIME] <= self.longest:
            raise ProgramError(f"expected {self.shortest} to {self.longest} frames, got {symbols[TIME]}")
        if self.tokens is not None:
            symbols[TOKENS] = values[TOKENS].shape[1]
            if not 1 <= symbols[TOKENS] <= self.tokens.longest:
                raise ProgramError(f"expected 1 to {self.tokens.longest} tokens, got {symbols[TOKENS]}")
        return symbols

    def encode(self, features: Float[Tensor, "*shape"]) -> Float32[Tensor, "*shape"]:
        """The carrier of the input's codes."""
        grid = self.input.grid
        mantissa, shift = entry_multiplier(grid)
        return Quantize.apply(features, mantissa * 2.0**-shift, grid.zero_point, *grid.codes)

    def carriers(self, inputs: Inputs) -> dict[str, Tensor]:
        """The carriers of the inputs' codes by name."""
        values = self.read(inputs)
        codes = {INPUT: self.encode(values[INPUT])}
        return codes if self.tokens is None else {**codes, TOKENS: values[TOKENS].to(torch.float32)}

    def codes(self, inputs: Inputs, observe: Observe | None = None) -> Float32[Tensor, "..."]:
        """The carrier of the output's codes; `observe` sees every carrier by name."""
        symbols = self.symbols(inputs)
        return walk(self, self.carriers(inputs), lambda twin, x: twin(*x, symbols=symbols), observe)

    def forward(self, features: Tensor, tokens: Tensor | None = None) -> Tensor:
        """Real logits, exactly those that the program's codes stand for."""
        inputs = features if tokens is None else (features, tokens)
        return Dequantize.apply(self.codes(inputs), self.edge(self.result))


def walk(
    model: TwinModel,
    inputs: Mapping[str, Value],
    compute: Callable[[Twin, list[Value]], Value],
    observe: Callable[[str, Value], None] | None,
) -> Value:
    """One pass over the graph, with whatever a value may be; it is dropped after its last reader. `observe` sees the
    inputs first.
    """
    last = {name: index for index, call in enumerate(model.calls) for name in call.inputs}
    values = dict(inputs)
    for name, value in inputs.items():
        if observe is not None:
            observe(name, value)
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


def run_real(model: TwinModel, inputs: Inputs, observe: Observe | None = None) -> Tensor:
    """The float model on the same graph: each twin's float operator with its float parameters."""
    symbols = model.symbols(inputs)
    return walk(model, model.read(inputs), lambda twin, x: twin.real(x, twin.trainable(), symbols), observe)


def edges(model: TwinModel) -> Mapping[str, Edge]:
    """The edge of every value by name, in the order of the graph."""
    return {INPUT: model.input, **{call.name: model.edge(call.name) for call in model.calls}}
