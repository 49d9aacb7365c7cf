"""ORACLES: docs/semantics.md once more in plain Python integers, sharing no code with the law.

One function for each kind; it takes the constants of an operator by name, its operands, and the symbols. Arrays are
`Codes`, everything else is Python.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

Constants = Mapping[str, Any]
Symbols = Mapping[str, int]


@dataclass(frozen=True)
class Codes:
    """Integers in row-major order under a shape."""

    shape: tuple[int, ...]
    flat: list[int]

    def at(self, *index: int) -> int:
        """One code."""
        position = 0
        for i, extent in zip(index, self.shape, strict=True):
            assert 0 <= i < extent, f"index {index} outside of {self.shape}"
            position = position * extent + i
        return self.flat[position]

    def broadcast(self, index: tuple[int, ...]) -> int:
        """The code at an index of a shape that this one broadcasts to."""
        own = index[len(index) - len(self.shape) :]
        return self.at(*(0 if extent == 1 else i for i, extent in zip(own, self.shape, strict=True)))

    @property
    def indices(self) -> Iterator[tuple[int, ...]]:
        """Every index, in order."""
        return indices(self.shape)


def indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every index of a shape in row-major order."""
    return product(*(range(extent) for extent in shape))


def build(shape: tuple[int, ...], code: Callable[..., int]) -> Codes:
    """Codes from a function of the index."""
    return Codes(shape, [code(*index) for index in indices(shape)])


def shift_round(a: int, s: int) -> int:
    """E1, as the floor of a quotient."""
    return (2 * a + 2**s) // 2 ** (s + 1)


def low_code(bits: int, signed: bool) -> int:
    """The lowest code of a width."""
    return -(2 ** (bits - 1)) if signed else 0


def saturate(a: int, c: Constants) -> int:
    """E2 with the result's range."""
    low = low_code(c["bits"], c.get("signed", True))
    return min(max(a, low), low + 2 ** c["bits"] - 1)


def requantize(acc: int, m: int, s: int, c: Constants) -> int:
    """E3."""
    return saturate(c["zero_point"] + shift_round(acc * m, s), c)


def root(a: int) -> int:
    """E5 by bisection."""
    low, high = 0, a + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle * middle <= a else (low, middle)
    return low


def digits(a: int) -> int:
    """E6 by counting."""
    n = 0
    while a >= 2**n:
        n += 1
    return n


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of operands together."""
    rank = max(len(shape) for shape in shapes)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(max(extents) for extents in zip(*padded, strict=True))


def factors(c: Constants) -> Codes:
    """Weight codes times the multipliers of their groups: place k of a row belongs to group floor(k / size)."""
    w, g = c["weight"], c["group_multiplier"]
    depth = len(w.flat) // w.shape[0]
    return Codes(w.shape, [code * g.at(i // depth, i % depth // c["weight_group"]) for i, code in enumerate(w.flat)])


def linear(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E10."""
    w, b, m, s = factors(c), c["bias"], c["multiplier"], c["shift"]

    def code(*index: int) -> int:
        *row, o = index
        acc = sum(w.at(o, k) * x.at(*row, k) for k in range(w.shape[1])) + b.at(o)
        return requantize(acc, m.at(o), s.at(o), c)

    return build((*x.shape[:-1], w.shape[0]), code)


def convolution(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E8 and E11 over any number of axes."""
    w, b, m, s = factors(c), c["bias"], c["multiplier"], c["shift"]
    out, channels, *taps = w.shape
    per_group = out // c["groups"]
    extents = tuple(
        (n + 2 * p - d * (k - 1) - 1) // stride + 1
        for n, p, d, k, stride in zip(x.shape[2:], c["padding"], c["dilations"], taps, c["strides"], strict=True)
    )

    def padded(n: int, channel: int, position: tuple[int, ...]) -> int:
        inside = all(0 <= i < extent for i, extent in zip(position, x.shape[2:], strict=True))
        return x.at(n, channel, *position) if inside else c["input_zero_point"]

    def code(n: int, o: int, *p: int) -> int:
        acc = b.at(o)
        for channel in range(channels):
            for tap in indices(tuple(taps)):
                position = tuple(
                    i * stride + k * d - before
                    for i, stride, k, d, before in zip(p, c["strides"], tap, c["dilations"], c["padding"], strict=True)
                )
                acc += w.at(o, channel, *tap) * padded(n, (o // per_group) * channels + channel, position)
        return requantize(acc, m.at(o), s.at(o), c)

    return build((x.shape[0], out, *extents), code)


def embedding(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E26."""
    width = c["weight"].shape[1]

    def code(token: int, k: int) -> int:
        weight = c["weight"].at(token, k) * c["group_multiplier"].at(token, k // c["weight_group"])
        return requantize(weight, c["multiplier"].at(token), c["shift"].at(token), c)

    return Codes((*x.shape, width), [code(token, k) for token in x.flat for k in range(width)])


def matmul(c: Constants, a: Codes, b: Codes, symbols: Symbols) -> Codes:
    """E12."""

    def code(*index: int) -> int:
        *batch, i, j = index
        acc = 0
        for k in range(a.shape[-1]):
            left, right = a.broadcast((*batch, i, k)), b.broadcast((*batch, k, j))
            acc += (left - c["left_zero_point"]) * (right - c["right_zero_point"])
        return requantize(acc, c["multiplier"], c["shift"], c)

    return build((*broadcast_shape(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]), code)


def add(c: Constants, *operands: Any) -> Codes:
    """E13."""
    *xs, _symbols = operands

    def code(*index: int) -> int:
        terms = zip(xs, c["zero_points"], c["multipliers"], strict=True)
        total = sum((x.broadcast(index) - z) * m for x, z, m in terms)
        return saturate(c["zero_point"] + shift_round(total, c["shift"]), c)

    return build(broadcast_shape(*(x.shape for x in xs)), code)


def mul(c: Constants, a: Codes, b: Codes, symbols: Symbols) -> Codes:
    """E14."""

    def code(*index: int) -> int:
        acc = (a.broadcast(index) - c["left_zero_point"]) * (b.broadcast(index) - c["right_zero_point"])
        return requantize(acc, c["multiplier"], c["shift"], c)

    return build(broadcast_shape(a.shape, b.shape), code)


def weighted_mean(c: Constants, e: Codes, v: Codes, symbols: Symbols) -> Codes:
    """E20."""
    keys = range(e.shape[-1])

    def code(*index: int) -> int:
        *batch, i, j = index
        weights = [e.broadcast((*batch, i, k)) for k in keys]
        total = sum(weights)
        if total == 0:
            return c["zero_point"]
        acc = sum(w * (v.broadcast((*batch, k, j)) - c["right_zero_point"]) for w, k in zip(weights, keys, strict=True))
        (n,) = [n for n in range(64) if 2**15 <= c["multiplier"] * 2**n // total < 2**16]
        q = c["multiplier"] * 2**n // total
        return saturate(c["zero_point"] + shift_round(acc * q, c["shift"] + n), c)

    return build((*broadcast_shape(e.shape[:-2], v.shape[:-2]), e.shape[-2], v.shape[-1]), code)


def glu(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E17."""
    axis, half = c["axis"], x.shape[c["axis"]] // 2
    low = low_code(c["input_bits"], c["input_signed"])

    def code(*index: int) -> int:
        a = x.at(*index)
        b = x.at(*index[:axis], index[axis] + half, *index[axis + 1 :])
        return requantize((a - c["input_zero_point"]) * c["gate"].at(b - low), c["multiplier"], c["shift"], c)

    return build((*x.shape[:axis], half, *x.shape[axis + 1 :]), code)
