"""What the operands of a product are: codes, values on a grid, or reals; and whether its sums fit their type."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from earnest.judge.running.grids import ACTIVATION_LEVELS, WEIGHT_LEVELS, near_whole, on_grid
from earnest.judge.running.operators import EXACT, NAMESPACES, PRODUCTS, is_attention, name_of, namespace_of, whole
from earnest.judge.running.rules import INTEGER_PRODUCTS, QUANTIZED_ACTIVATIONS, QUANTIZED_WEIGHTS, WHOLE_CODES
from earnest.judge.running.tags import Tags
from earnest.judge.verdict import Rule


class Kind(IntEnum):
    """From the worst to the best."""

    REAL = 0
    GRID = 1
    CODES = 2


Operand = tuple[Tensor, Kind, bool]
"""The tensor, its kind, and whether it derives from the data."""


def operands_of(func: Any, args: Sequence[Any], tags: Tags, cache: dict[Any, Kind]) -> list[Operand]:
    """The factors of a product, each with its kind."""
    if is_attention(func):
        chosen = list(args[:3])
    elif namespace_of(func) not in NAMESPACES:
        chosen = [each for each in tree_leaves(list(args)) if isinstance(each, Tensor) and _is_factor(each, tags)]
    else:
        chosen = [args[place] for place in PRODUCTS[name_of(func)] if place < len(args)]
    return [operand(tensor, tags, cache) for tensor in chosen if isinstance(tensor, Tensor)]


def _is_factor(tensor: Tensor, tags: Tags) -> bool:
    """What another library's operator may multiply: data, and constants of more than one axis; others are scales."""
    return tags.of(tensor).data or sum(extent > 1 for extent in tensor.shape) > 1


def operand(tensor: Tensor, tags: Tags, cache: dict[Any, Kind]) -> Operand:
    """A factor with its kind; that of a constant is found once."""
    tag = tags.of(tensor)
    if tag.data:
        return tensor, _kind(tensor, lambda: on_grid(tensor, ACTIVATION_LEVELS)), True
    key = (tuple(sorted(tag.leaves)), tensor.shape, tensor.stride(), tensor.storage_offset())
    if key not in cache:
        cache[key] = _kind(tensor, lambda: tags.stored_as_codes(tensor, tag) or on_grid(tensor, WEIGHT_LEVELS))
    return tensor, cache[key], False


def _kind(tensor: Tensor, lies: Callable[[], bool]) -> Kind:
    if whole(tensor):
        return Kind.CODES
    return Kind.GRID if lies() else Kind.REAL


def shortcoming(operands: Sequence[Operand], *, sealed: bool) -> tuple[Rule, str] | None:
    """The rule that a product breaks, and how: the one with the lowest cap. `sealed`: whatever it reads, it computes on
    reals inside.
    """
    for tensor, kind, data in operands:
        if kind is Kind.REAL and not data:
            return QUANTIZED_WEIGHTS, f"expected weights on a grid, got {_words(tensor)} of reals"
    for tensor, kind, _ in operands:
        if kind is Kind.REAL:
            return QUANTIZED_ACTIVATIONS, f"expected activations on a grid, got {_words(tensor)} of reals"
    for tensor, kind, _ in operands:
        if kind is Kind.GRID and near_whole(tensor):
            return WHOLE_CODES, f"expected whole codes, got {_words(tensor)} that miss integers by an error of rounding"
    for tensor, kind, _ in operands:
        if kind is Kind.GRID or sealed:
            return INTEGER_PRODUCTS, f"expected a product of integers, got {_words(tensor)} in a product of reals"
    return None


def overflow(func: Any, args: Sequence[Any], kwargs: dict[str, Any], operands: Sequence[Operand], dtype: Any) -> str:
    """How a sum of integers may miss the type that carries it: sum |a| |b| beyond what is exact; empty if it fits."""
    if dtype not in EXACT or len(operands) < 2 or any(kind is not Kind.CODES for _, kind, _ in operands):
        return ""
    kwargs = {name: value for name, value in kwargs.items() if name not in ("dtype", "out_dtype", "out")}
    again = torch.ops.aten.mm.default if name_of(func) == "_int_mm" else func
    largest = float(again(*tree_map(_magnitude, tuple(args)), **tree_map(_magnitude, kwargs)).abs().max())
    return "" if largest < EXACT[dtype] else exceeded(largest, dtype)


def exceeded(largest: float, dtype: Any) -> str:
    """Words for integers that are too large for their type."""
    return f"expected sums of magnitudes below 2^{EXACT[dtype].bit_length() - 1}, got {largest:.0f} in {dtype}"


def _magnitude(value: Any) -> Any:
    return value.abs().double() if isinstance(value, Tensor) and value.dtype is not torch.bool else value


def _words(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"
