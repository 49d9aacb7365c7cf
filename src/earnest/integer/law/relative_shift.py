"""Relative shift: y[..., i, j] = x[..., i, T - 1 - i + j] for j < T, of scores by distance (E22).

Column c of x [..., T, 2 T - 1] belongs to distance T - 1 - c [Dai 2019, arXiv:1901.02860, appendix B].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator, Proof

Array = Any


def relative_shift(x: Array) -> Array:
    """E22 on any array: row i begins T - 1 - i columns in, which one flat view says at once."""
    xp = array_namespace(x)
    length, distances = x.shape[-2:]
    flat = xp.reshape(x, (*x.shape[:-2], length * distances))
    if length == 1:
        return x
    body = flat[..., length - 1 : length - 1 + (length - 1) * (distances - 1)]
    rows = xp.reshape(body, (*x.shape[:-2], length - 1, distances - 1))[..., :length]
    last = flat[..., (length - 1) * distances : (length - 1) * distances + length]
    return xp.concat([rows, xp.reshape(last, (*x.shape[:-2], 1, length))], axis=-2)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class RelativeShift(Operator):
    """E22."""

    kind: ClassVar[str] = "relative_shift"

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Shape [..., T, 2 T - 1] to [..., T, T]."""
        (x,) = inputs
        if len(x.shape) < 2 or x.shape[-1] != 2 * x.shape[-2] - 1:
            proof.refuse(f"expected [..., T, 2 T - 1], got {x.shape}")
        *batch, length, _ = x.shape
        return x.reshaped((*batch, length, length))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E22."""
        del symbols, accumulation
        return relative_shift(inputs[0])
