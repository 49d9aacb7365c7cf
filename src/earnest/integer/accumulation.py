"""Accumulation: sums of products, the only part of the law that a library may compute in a way of its own.

E7: matmul(a, b)[..., i, j] = sum_k a[..., i, k] * b[..., k, j], exact. The caller states a `bound` that no partial
sum, in any order, exceeds in magnitude; another accumulation may use it to prove that its own arithmetic is exact.
"""

from typing import Any, Protocol

from array_api_compat import array_namespace

from earnest.integer.fixed_point import widen

Array = Any


class Accumulation(Protocol):
    """How sums of products are formed; every implementation returns exactly the int64 sums of E7 and E8."""

    def matmul(self, left: Array, right: Array, bound: int) -> Array:
        """E7, over the last two axes; the axes before them broadcast."""
        ...

    def convolve(
        self,
        padded: Array,
        weight: Array,
        strides: tuple[int, ...],
        dilations: tuple[int, ...],
        groups: int,
        bound: int,
    ) -> Array:
        """E8, over an input that is already padded."""
        ...


class IntegerAccumulation:
    """The law: int64 products and sums."""

    def matmul(self, left: Array, right: Array, bound: int) -> Array:
        """E7 in int64."""
        del bound
        return array_namespace(left, right).matmul(widen(left), widen(right))

    def convolve(
        self,
        padded: Array,
        weight: Array,
        strides: tuple[int, ...],
        dilations: tuple[int, ...],
        groups: int,
        bound: int,
    ) -> Array:
        """E8 in int64."""
        return convolve_by_matmul(self, padded, weight, strides, dilations, groups, bound)


def convolve_by_matmul(
    accumulation: Accumulation,
    padded: Array,
    weight: Array,
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    groups: int,
    bound: int,
) -> Array:
    """E8: y[n, o, p] = sum_{c, k} w[o, c, k] * x[n, g(o) C + c, p * stride + k * dilation], by one matmul per group.

    `padded` is [batch, groups * C, *positions], `weight` [out, C, *taps]; the result [batch, out, *positions].
    """
    xp = array_namespace(padded)
    batch, out, taps = padded.shape[0], weight.shape[0], weight.shape[2:]
    windows = xp.reshape(padded, (batch, groups, -1, *padded.shape[2:]))
    for axis, (stride, dilation, size) in enumerate(zip(strides, dilations, taps, strict=True)):
        windows = _slide(windows, axis + 3, stride, dilation, size)
    rank = len(taps)
    positions = windows.shape[3 : 3 + rank]
    order = (0, 1, *range(3, 3 + rank), 2, *range(3 + rank, 3 + 2 * rank))
    columns = xp.reshape(xp.permute_dims(windows, order), (batch, groups, _size(positions), -1))
    filters = xp.permute_dims(xp.reshape(weight, (1, groups, out // groups, -1)), (0, 1, 3, 2))
    sums = accumulation.matmul(columns, filters, bound)
    return xp.reshape(xp.permute_dims(sums, (0, 1, 3, 2)), (batch, out, *positions))


def _slide(array: Array, axis: int, stride: int, dilation: int, size: int) -> Array:
    """Windows over one axis; the taps become the last axis."""
    xp = array_namespace(array)
    count = (array.shape[axis] - dilation * (size - 1) - 1) // stride + 1
    taps: list[Array] = []
    for tap in range(size):
        index = [slice(None)] * array.ndim
        index[axis] = slice(tap * dilation, tap * dilation + (count - 1) * stride + 1, stride)
        taps.append(array[tuple(index)])
    return xp.stack(taps, axis=-1)


def _size(shape: tuple[int, ...]) -> int:
    total = 1
    for extent in shape:
        total *= extent
    return total
