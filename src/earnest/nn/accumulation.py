"""Sums of products in torch: a float product where it is proved exact, int64 where it is not.

Every partial sum of integers below 2^24 in magnitude is exact in float32, below 2^53 in float64, in any order of
summation. TF32, autocast and Winograd would break that proof, so they are off here: convolutions are matrix products
of windows, and float32 matmul precision is required to be `highest`.
"""

import torch
from jaxtyping import Int, Int64
from torch import Tensor

from earnest.errors import ExactnessError
from earnest.integer.accumulation import convolve_by_matmul

FLOAT32_EXACT = 1 << 24
FLOAT64_EXACT = 1 << 53


def _data_bound(left: Tensor, right: Tensor) -> int:
    """max row sum |left| times max |right|: a bound that these very operands cannot exceed."""
    rows = left.abs().sum(dim=-1, dtype=torch.int64).max()
    return int(rows) * int(right.abs().max())


class TorchAccumulation:
    """E7 and E8 for torch integer tensors; the result is int64 and exact."""

    def matmul(
        self, left: Int[Tensor, "*#batch rows depth"], right: Int[Tensor, "*#batch depth columns"], bound: int
    ) -> Int64[Tensor, "... rows columns"]:
        """E7 in the narrowest arithmetic that the bound proves exact."""
        if bound >= FLOAT32_EXACT:
            bound = min(bound, _data_bound(left, right))
        if bound >= FLOAT64_EXACT:
            return left.to(torch.int64) @ right.to(torch.int64)
        carrier = torch.float32 if bound < FLOAT32_EXACT else torch.float64
        if torch.get_float32_matmul_precision() != "highest":
            raise ExactnessError(
                "expected torch.set_float32_matmul_precision('highest'), "
                f"got {torch.get_float32_matmul_precision()!r}: reduced products are not exact"
            )
        with torch.autocast(left.device.type, enabled=False):
            return (left.to(carrier) @ right.to(carrier)).to(torch.int64)

    def convolve(
        self,
        padded: Int[Tensor, "batch channels *extents"],
        weight: Int[Tensor, "out depth *taps"],
        strides: tuple[int, ...],
        dilations: tuple[int, ...],
        groups: int,
        bound: int,
    ) -> Int64[Tensor, "batch out *positions"]:
        """E8 by matrix products; one channel at a time would be a matmul of one column, so depthwise sums its taps."""
        if groups == weight.shape[0] and weight.shape[1] == 1 and padded.shape[1] == groups:
            return _depthwise(padded, weight, strides, dilations)
        return convolve_by_matmul(self, padded, weight, strides, dilations, groups, bound)


def _depthwise(padded: Tensor, weight: Tensor, strides: tuple[int, ...], dilations: tuple[int, ...]) -> Tensor:
    """One tap after the other, in int64."""
    taps = weight.shape[2:]
    counts = [
        (extent - dilation * (size - 1) - 1) // stride + 1
        for extent, stride, dilation, size in zip(padded.shape[2:], strides, dilations, taps, strict=True)
    ]
    total = torch.zeros((padded.shape[0], weight.shape[0], *counts), dtype=torch.int64, device=padded.device)
    for tap in torch.cartesian_prod(*(torch.arange(size) for size in taps)).reshape(-1, len(taps)).tolist():
        window = tuple(
            slice(offset * dilation, offset * dilation + (count - 1) * stride + 1, stride)
            for offset, dilation, stride, count in zip(tap, dilations, strides, counts, strict=True)
        )
        factor = weight[(slice(None), 0, *tap)].to(torch.int64).reshape(1, -1, *(1,) * len(taps))
        total += padded[(slice(None), slice(None), *window)].to(torch.int64) * factor
    return total
