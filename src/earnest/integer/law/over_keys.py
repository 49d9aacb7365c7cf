"""Over keys: what both forms of softmax share: the distance from the maximum of a row, and the causal mask."""

from typing import Any, ClassVar

from array_api_compat import array_namespace

from earnest.integer.codes import Domain
from earnest.integer.fixed_point import widen
from earnest.integer.law.locality import RowByRow
from earnest.integer.law.operator import Proof
from earnest.integer.law.places import Place, Reading, Scores

Array = Any


ONE = 32767
"""The code of probability 1, and of the numerator of a row's maximum."""


def causal(shape: tuple[int, ...], xp: Any, device: Any) -> Array:
    """True where key j may be seen by query i: j - i <= keys - queries."""
    queries, keys = shape[-2:]
    i = xp.reshape(xp.arange(queries, device=device), (-1, 1))
    return xp.reshape(xp.arange(keys, device=device), (1, -1)) - i <= keys - queries


def below_maximum(x: Array, masked: bool) -> tuple[Array, Array | None]:
    """max(row) - x >= 0 in int64, and the mask, if there is one; masked keys do not enter the maximum."""
    xp = array_namespace(x)
    codes = widen(x)
    if not masked:
        return xp.max(codes, axis=-1, keepdims=True) - codes, None
    seen = causal(codes.shape, xp, codes.device)
    lowest = xp.asarray(-(1 << 30), dtype=codes.dtype, device=codes.device)
    top = xp.max(xp.where(seen, codes, lowest), axis=-1, keepdims=True)
    return xp.where(seen, top - codes, xp.zeros_like(codes)), seen


def erase(numerators: Array, seen: Array | None) -> Array:
    """Numerators, 0 at masked keys."""
    xp = array_namespace(numerators)
    return numerators if seen is None else xp.where(seen, numerators, xp.zeros_like(numerators))


def check_scores(x: Domain, bits: int, masked: bool, proof: Proof) -> None:
    """Refuse scores of another width, and a shape that the mask does not fit."""
    if x.bits != bits:
        proof.refuse(f"expected scores of {bits} bits, got {x.bits}")
    if len(x.shape) < 1 + masked:
        proof.refuse(f"expected [..., keys], [..., queries, keys] if masked, got {x.shape}")
    if masked and x.shape[-2] > x.shape[-1]:
        proof.refuse(f"expected as many keys as queries under a mask, got {x.shape}")


class OverKeys(RowByRow):
    """An operator over the keys of each query, under the causal mask where it is `masked`."""

    row_local: ClassVar[bool] = False
    masked: bool

    def place(self, reading: Reading) -> Place:
        """Scores of tokens need the mask, and only they have one."""
        (place,) = reading.places
        if isinstance(place, Scores) and self.masked:
            return Scores(masked=True)
        if self.masked:
            raise reading.refuse("masks what is no score of tokens")
        return super().place(reading)
