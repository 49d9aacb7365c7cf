"""Linear: y[..., o] = requantize(sum_k w[o, k] x[..., k] + b[o]; m[o], s[o], z) (E10).

w are the weights of `weight.py`. The bias is in units of s_x * s_w[o] and
holds -z_x * sum_k w[o, k], so that the sum runs over bare codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.law.locality import RowByRow
from earnest.integer.law.operator import Proof
from earnest.integer.law.weighted import Weighted

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(RowByRow, Weighted):
    """E10 over the last axis; `weight` is [out, in]."""

    kind: ClassVar[str] = "linear"

    def check(self, proof: Proof) -> None:
        """A weight of two axes, and what every weight needs."""
        proof.require(self.weight.ndim == 2, f"expected a weight of 2 axes, got {self.weight.shape}")
        super().check(proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Shape [..., in] to [..., out]; the sums are proved for every row of the weight."""
        (x,) = inputs
        out, features = self.weight.shape
        if x.shape[-1:] != (features,):
            proof.refuse(f"expected {features} features, got an input of {x.shape}")
        self.check_sums(x, proof)
        shape = (*x.shape[:-1], out)
        return Domain.full(self.bits, signed=self.signed, shape=shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E10."""
        del symbols
        (x,) = inputs
        xp = array_namespace(x)
        rows = xp.reshape(x, (-1, x.shape[-1]))
        sums = accumulation.matmul(rows, self.factors.T, self.bound)
        return xp.reshape(self.finish(sums, -1), (*x.shape[:-1], self.weight.shape[0]))
