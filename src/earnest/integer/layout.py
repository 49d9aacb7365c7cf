"""Layout: operators that move codes and change none (E23), and the constant that enters as a value (E24)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, ClassVar

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import TOKENS, Dimension, Symbols, evaluate, symbols_of
from earnest.integer.operator import Operator, Proof, check_zero_point, constant, dimension_field, dimensions_field
from earnest.integer.places import Place, Reading, Rows

Array = Any


def pad(x: Array, before_and_after: tuple[tuple[int, int], ...], value: int) -> Array:
    """x with `value` around it."""
    xp = array_namespace(x)
    if all(amounts == (0, 0) for amounts in before_and_after):
        return x
    extents = tuple(size + sum(amounts) for size, amounts in zip(x.shape, before_and_after, strict=True))
    padded = xp.full(extents, value, dtype=x.dtype, device=x.device)
    inside = tuple(slice(first, first + size) for size, (first, _) in zip(x.shape, before_and_after, strict=True))
    padded[inside] = x
    return padded


@dataclass(frozen=True, kw_only=True, eq=False)
class Reshape(Operator):
    """The same codes in row-major order under another shape."""

    kind: ClassVar[str] = "reshape"

    shape: tuple[Dimension, ...] = dimensions_field()

    def extents(self) -> tuple[Dimension, ...]:
        """All of them."""
        return self.shape

    def place(self, reading: Reading) -> Place:
        """The tokens stay an axis of their own, with as many codes before it."""
        place, shape = reading.common(), [_without_ones(extent) for extent in self.shape]
        single = [index for index, extent in enumerate(shape) if extent == TOKENS]
        others = [extent for extent in shape if extent != TOKENS and TOKENS in symbols_of(extent)]
        if not isinstance(place, Rows) or len(single) != 1 or others:
            raise reading.refuse("mixes the tokens with other axes")
        before = reading.shapes[0][: place.axis]
        if prod(evaluate(extent, reading.symbols) for extent in shape[: single[0]]) != prod(before):
            raise reading.refuse("mixes the tokens with other axes")
        return Rows(axis=single[0] - len(shape))

    def check(self, proof: Proof) -> None:
        """Every dimension is one: an equal one of another operator shall not vouch for it (1 equals true)."""
        for dimension in self.shape:
            evaluate(dimension, proof.symbols)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """As many elements as before."""
        (x,) = inputs
        shape = tuple([proof.extent(dimension) for dimension in self.shape])
        if min(shape, default=1) < 1 or prod(shape) != prod(x.shape):
            proof.refuse(f"expected a shape of {prod(x.shape)} elements, got {shape}")
        return x.reshaped(shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del accumulation
        (x,) = inputs
        return array_namespace(x).reshape(x, tuple(evaluate(dimension, symbols) for dimension in self.shape))


@dataclass(frozen=True, kw_only=True, eq=False)
class Transpose(Operator):
    """Axes in another order."""

    kind: ClassVar[str] = "transpose"

    row_local: ClassVar[bool] = True

    order: tuple[int, ...]

    def place(self, reading: Reading) -> Place:
        """The tokens' axis in its new place; scores keep the last two."""
        place, rank = reading.common(), len(self.order)
        if isinstance(place, Rows):
            return Rows(axis=self.order.index(place.axis + rank) - rank)
        if self.order[-2:] != (rank - 2, rank - 1):
            raise reading.refuse("turns scores")
        return place

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """`order` is a permutation of the axes."""
        (x,) = inputs
        if sorted(self.order) != list(range(len(x.shape))):
            proof.refuse(f"expected an order of {len(x.shape)} axes, got {self.order}")
        return x.reshaped(tuple([x.shape[axis] for axis in self.order]))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del symbols, accumulation
        return array_namespace(inputs[0]).permute_dims(inputs[0], self.order)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slice(Operator):
    """Elements start, start + step, ... below stop, of one axis."""

    kind: ClassVar[str] = "slice"

    axis: int
    start: Dimension = dimension_field()
    stop: Dimension = dimension_field()
    step: int

    def extents(self) -> tuple[Dimension, ...]:
        """How far the part reaches; of a stop that is written as the start plus something, that."""
        if isinstance(self.stop, tuple) and self.stop[:2] == ("+", self.start) and len(self.stop) > 2:
            return (("+", 0, *self.stop[2:]),)
        return (("+", self.stop, ("*", -1, self.start)),)

    def place(self, reading: Reading) -> Place:
        """Part of another axis; or of a table of positions, as many as there are tokens."""
        (place,), axis = reading.places, self.axis - len(reading.shapes[0])
        from_the_front = place is None and self.start == 0 and self.step == 1
        if from_the_front and self.stop in (TOKENS, ("+", 0, TOKENS)):
            return Rows(axis=axis)
        counts_tokens = any(TOKENS in symbols_of(each) for each in self.dimensions())
        if not isinstance(place, Rows) or axis == place.axis or counts_tokens:
            raise reading.refuse("takes part of the tokens")
        return place

    def check(self, proof: Proof) -> None:
        """Both ends are dimensions, as in `reshape`."""
        for dimension in (self.start, self.stop):
            evaluate(dimension, proof.symbols)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """0 <= start < stop <= extent."""
        (x,) = inputs
        if not 0 <= self.axis < len(x.shape):
            proof.refuse(f"expected an axis below {len(x.shape)}, got {self.axis}")
        start, stop = proof.extent(self.start), proof.extent(self.stop)
        extent = x.shape[self.axis]
        if not 0 <= start < stop <= extent or self.step < 1:
            proof.refuse(f"expected 0 <= start < stop <= {extent}, got {start}, {stop} by {self.step}")
        count = (stop - start - 1) // self.step + 1
        return x.reshaped((*x.shape[: self.axis], count, *x.shape[self.axis + 1 :]))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del accumulation
        window = slice(evaluate(self.start, symbols), evaluate(self.stop, symbols), self.step)
        return inputs[0][(*(slice(None),) * self.axis, window)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pad(Operator):
    """The zero point before and after each axis."""

    kind: ClassVar[str] = "pad"

    before: tuple[int, ...]
    after: tuple[int, ...]
    zero_point: int

    def place(self, reading: Reading) -> Place:
        """That of the operand, where nothing is put beside the tokens."""
        place = reading.common()
        if not isinstance(place, Rows) or self.before[place.axis] or self.after[place.axis]:
            raise reading.refuse("puts codes before or behind the tokens")
        return place

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """One pair of amounts for each axis."""
        (x,) = inputs
        check_zero_point(self.zero_point, x, proof)
        amounts = (*self.before, *self.after)
        fits = len(self.before) == len(self.after) == len(x.shape) and all(0 <= a <= 1 << 16 for a in amounts)
        if not fits:
            proof.refuse(f"expected two amounts of 0 or more for each of {len(x.shape)} axes")
        shape = tuple(b + n + a for b, n, a in zip(self.before, x.shape, self.after, strict=True))
        low, high = min(x.low, self.zero_point), max(x.high, self.zero_point)
        return Domain(bits=x.bits, signed=x.signed, shape=shape, low=low, high=high)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del symbols, accumulation
        return pad(inputs[0], tuple(zip(self.before, self.after, strict=True)), self.zero_point)


@dataclass(frozen=True, kw_only=True, eq=False)
class Concat(Operator):
    """Values of one grid behind each other along an axis."""

    kind: ClassVar[str] = "concat"
    arity: ClassVar[int | None] = None
    takes_empty: ClassVar[bool] = True

    axis: int

    def place(self, reading: Reading) -> Place:
        """That of the operands, along another axis."""
        place, along = reading.common(), self.axis - len(reading.shapes[0])
        if not isinstance(place, Rows) or None in reading.places or along == place.axis:
            raise reading.refuse("puts codes before or behind the tokens")
        return place

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Equal widths, and equal extents on the other axes."""
        first = inputs[0]
        if not 0 <= self.axis < len(first.shape):
            proof.refuse(f"expected an axis below {len(first.shape)}, got {self.axis}")
        for other in inputs[1:]:
            alike = (other.bits, other.signed, _without(other.shape, self.axis)) == (
                first.bits,
                first.signed,
                _without(first.shape, self.axis),
            )
            if not alike:
                proof.refuse(f"expected values alike but for axis {self.axis}, got {first} and {other}")
        total = sum(domain.shape[self.axis] for domain in inputs)
        shape = (*first.shape[: self.axis], total, *first.shape[self.axis + 1 :])
        if min(shape) < 1:
            proof.refuse(f"expected something to put behind each other, got a value of shape {shape}")
        low, high = min(d.low for d in inputs), max(d.high for d in inputs)
        return Domain(bits=first.bits, signed=first.signed, shape=shape, low=low, high=high)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del symbols, accumulation
        return array_namespace(*inputs).concat(list(inputs), axis=self.axis)


@dataclass(frozen=True, kw_only=True, eq=False)
class Constant(Operator):
    """Codes that depend on no data: a table of positions, a bias of attention."""

    kind: ClassVar[str] = "constant"
    arity: ClassVar[int | None] = 0

    codes: Array = constant("bits", signed=True, tensor=True, role="positions")
    bits: int

    @cached_property
    def interval(self) -> tuple[int, int]:
        """The lowest and the highest code."""
        return int(self.codes.min()), int(self.codes.max())

    def check(self, proof: Proof) -> None:
        """A width of the law."""
        proof.require(1 <= self.bits <= 16, f"expected codes of 1 to 16 bits, got {self.bits}")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The interval is that of the codes themselves."""
        del inputs, proof
        low, high = self.interval
        return Domain(bits=self.bits, signed=True, shape=self.codes.shape, low=low, high=high)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E24."""
        del inputs, symbols, accumulation
        return self.codes


def _without_ones(extent: Dimension) -> Dimension:
    """The same extent, without factors of 1: those of one utterance."""
    if not isinstance(extent, tuple) or extent[0] != "*":
        return extent
    factors = [factor for factor in extent[1:] if factor != 1]
    return factors[0] if len(factors) == 1 else extent


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]
