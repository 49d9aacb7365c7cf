"""One case of an operator: constants, codes, and what is known of them; and the values that cases are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from earnest.integer.codes import Domain, code_range, storage
from earnest.integer.law.operator import Operator

IDENTITY = {"multiplier": 1 << 15, "shift": 15}
"""The multiplier 1, exactly."""

HALF = {"multiplier": 1 << 15, "shift": 16}
"""The multiplier 1/2, exactly: every odd accumulator is a tie."""

MULTIPLIERS = (
    (0, 1),
    (32768, 1),
    (65535, 1),
    (32768, 15),
    (32769, 16),
    (49152, 17),
    (65535, 24),
    (40503, 31),
    (65535, 47),
)
"""Both ends of the mantissas and of the shifts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An operator with operands that it must accept; `domains` holds what the verifier knows of them."""

    name: str
    operator: Operator
    inputs: tuple[np.ndarray, ...]
    domains: tuple[Domain, ...]
    symbols: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Codes of a width, in the smallest type that holds it."""

    codes: np.ndarray
    domain: Domain


def value(codes: Any, bits: int, *, signed: bool = True, row_sum: int | None = None) -> Value:
    """Codes of a width; a value whose rows are known to be probabilities says so."""
    array = np.asarray(codes)
    low, high = code_range(bits, signed=signed)
    assert low <= array.min() <= array.max() <= high, f"codes {array.min()} .. {array.max()} are not of {bits} bits"
    domain = Domain.full(bits, signed=signed, shape=array.shape)
    if row_sum is not None:
        domain = Domain(bits=bits, signed=signed, shape=array.shape, low=0, high=high, row_sum=row_sum)
    return Value(codes=np.ascontiguousarray(array.astype(storage(bits, signed=signed))), domain=domain)


def make(name: str, operator: Operator, *values: Value, symbols: dict[str, int] | None = None) -> Case:
    """A case of values."""
    return Case(
        name=name,
        operator=operator,
        inputs=tuple(v.codes for v in values),
        domains=tuple(v.domain for v in values),
        symbols=symbols or {},
    )


def whole_rows(weight: Any) -> dict[str, Any]:
    """The groups of a weight [out, ...] whose rows have one each, with the multiplier 1."""
    out, *others = np.shape(weight) or (1,)
    return {"group_multiplier": np.ones((out, 1), dtype=np.uint8), "weight_group": prod(others)}


def edges(bits: int, *, signed: bool = True, low: int | None = None, high: int | None = None) -> np.ndarray:
    """Both ends of the range and +-2^i + {-2 .. 2} within it, ascending."""
    first, last = code_range(bits, signed=signed)
    first, last = first if low is None else low, last if high is None else high
    powers = [sign * (1 << i) + d for i in range(bits + 1) for sign in (-1, 1) for d in range(-2, 3)]
    return np.asarray(sorted({first, last, 0, *powers} & set(range(first, last + 1))), dtype=np.int64)


def fill(values: np.ndarray | Sequence[int], shape: tuple[int, ...], step: int = 1) -> np.ndarray:
    """An array of a shape that goes round the values, every `step`-th."""
    values = np.asarray(values)
    return values[(np.arange(int(np.prod(shape))) * step) % len(values)].reshape(shape)


def corners(bits: int, *, signed: bool = True) -> tuple[int, int]:
    """The lowest and the highest code."""
    return code_range(bits, signed=signed)


def random(seed: int, shape: tuple[int, ...], bits: int, *, signed: bool = True) -> Value:
    """Uniform codes by a fixed seed."""
    low, high = code_range(bits, signed=signed)
    codes = np.random.default_rng(seed).integers(low, high, size=shape, endpoint=True)
    return value(codes, bits, signed=signed)


def channels(pairs: Sequence[tuple[int, int]], count: int, signed: bool = False) -> dict[str, np.ndarray]:
    """Multipliers and shifts, one pair per channel, in the types of their widths."""
    mantissa = np.asarray([pairs[i % len(pairs)][0] for i in range(count)], dtype=np.int32 if signed else np.uint16)
    shift = np.asarray([pairs[i % len(pairs)][1] for i in range(count)], dtype=np.uint8)
    return {"multiplier": mantissa, "shift": shift}
