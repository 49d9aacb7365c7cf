"""Reshape: the same codes in row-major order under another shape (E23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import TOKENS, Dimension, Symbols, evaluate, symbols_of
from earnest.integer.law.operator import Operator, Proof, dimensions_field
from earnest.integer.law.places import Place, Reading, Rows

Array = Any


@final
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


def _without_ones(extent: Dimension) -> Dimension:
    """The same extent, without factors of 1: those of one utterance."""
    if not isinstance(extent, tuple) or extent[0] != "*":
        return extent
    factors = [factor for factor in extent[1:] if factor != 1]
    return factors[0] if len(factors) == 1 else extent
