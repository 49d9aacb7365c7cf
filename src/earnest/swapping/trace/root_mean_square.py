"""Norms by the root mean square that a module writes out: x rsqrt(mean(x^2) + eps) times a gain [Zhang 2019,
arXiv:1910.07467], and x rsqrt(mean((x - offset)^2)) times a gain [Yao 2024, arXiv:2310.11230], found in the exported
graph.

The law has one operator for all of each (E28, E31), and none for some of its parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from earnest.swapping.trace.flat import Flat

_NO_CHANGE = frozenset(
    f"aten.{name}"
    for name in (
        *("to.dtype", "to.device", "to.dtype_layout", "_to_copy.default", "type_as.default"),
        *("alias.default", "detach.default", "contiguous.default", "clone.default"),
    )
)
"""What may stand between the parts: conversions between float types, and copies."""

_PRODUCTS = ("aten.mul.Tensor", "aten.mul_.Tensor")


@dataclass(frozen=True, slots=True, kw_only=True)
class RootMeanSquare:
    """What is divided by its root mean square, eps, the gain or None, the offset of what is squared or None, and the
    nodes that are nothing but parts. A gain is a number, or one for each channel.
    """

    source: Flat
    epsilon: float
    gain: Flat | None
    offset: Flat | None
    parts: tuple[Flat, ...]


def root_mean_squares(nodes: Sequence[Flat]) -> Mapping[Flat, RootMeanSquare]:
    """Each by the node whose value it is: the product with the gain, or the one before it."""
    found: dict[Flat, RootMeanSquare] = {}
    runtime = _from_inputs(nodes)
    for node in nodes:
        norm = _norm(node, runtime)
        if norm is None:
            continue
        last, gained = _with_gain(node, norm, runtime)
        found[last] = gained
    return found


def _from_inputs(nodes: Sequence[Flat]) -> set[Flat]:
    found: set[Flat] = set()
    for node in nodes:
        if node.is_input or (not node.is_size and any(source in found for source in node.inputs())):
            found.add(node)
    return found


def _behind(value: object) -> tuple[object, list[Flat]]:
    """A value before conversions and copies, and these."""
    passed: list[Flat] = []
    while isinstance(value, Flat) and value.operator in _NO_CHANGE:
        passed.append(value)
        value = value.args[0]
    return value, passed


def _readers(node: Flat) -> list[Flat]:
    """Each once, however often it reads."""
    return [user for user in dict.fromkeys(node.users) if not user.operator.startswith("aten._assert")]


def _norm(node: Flat, runtime: set[Flat]) -> RootMeanSquare | None:
    """x times 1 / sqrt(mean(x^2) + eps), or x divided by the root; without eps where an offset is taken away."""
    for source, factor in _factors(node):
        found, passed = _behind(factor)
        inverse = node.operator in _PRODUCTS
        root, gain, scaled = _without_gain(found, runtime) if inverse else (found, None, [])
        total = _under_root(root, inverse=inverse)
        if total is None or not isinstance(root, Flat):
            continue
        square = _mean_of_squares(total)
        same, _ = _behind(source)
        if square is None or not isinstance(same, Flat):
            continue
        away = _taken_away(square.power.args[0], same, runtime)
        if away is None or (away.offset is None and square.epsilon is None):
            continue
        parts = (*passed, *scaled, root, *square.parts, *away.parts)
        if all(len(_readers(part)) == 1 for part in parts):
            epsilon = square.epsilon or 0.0
            return RootMeanSquare(source=source, epsilon=epsilon, gain=gain, offset=away.offset, parts=parts)
    return None


def _without_gain(value: object, runtime: set[Flat]) -> tuple[object, Flat | None, list[Flat]]:
    """An inverse root, the one number that it is multiplied with, which depends on no data, and the parts."""
    if isinstance(value, Flat) and value.operator in _PRODUCTS:
        for factor, gain in (value.args[:2], value.args[1::-1]):
            root, passed = _behind(factor)
            fixed = isinstance(gain, Flat) and gain not in runtime and gain.value.numel() == 1
            if fixed and isinstance(root, Flat) and root.value.shape == value.value.shape:
                return root, gain, [value, *passed]
    return value, None, []


@dataclass(frozen=True, slots=True, kw_only=True)
class _TakenAway:
    """What is taken away from a value before it is squared, or None, and the nodes that do so."""

    offset: Flat | None
    parts: tuple[Flat, ...]


def _taken_away(value: object, source: Flat, runtime: set[Flat]) -> _TakenAway | None:
    """Nothing, or one number for each channel, which depends on no data; None where something else is squared."""
    squared, passed = _behind(value)
    if squared is source:
        return _TakenAway(offset=None, parts=())
    if not isinstance(squared, Flat) or squared.operator != "aten.sub.Tensor" or squared.kwargs:
        return None
    minuend, offset = squared.args[:2]
    if _behind(minuend)[0] is not source or squared.value.shape != source.value.shape:
        return None
    if not isinstance(offset, Flat) or offset in runtime or offset.value.shape != source.value.shape[-1:]:
        return None
    return _TakenAway(offset=offset, parts=(*passed, squared))


def _factors(node: Flat) -> Iterator[tuple[Flat, object]]:
    """What may be the value, and what may be its root or the inverse of that."""
    if node.operator in _PRODUCTS:
        left, right = node.args[:2]
        pairs = [(left, right), (right, left)]
    elif node.operator == "aten.div.Tensor":
        pairs = [(node.args[0], node.args[1])]
    else:
        return
    yield from ((value, factor) for value, factor in pairs if isinstance(value, Flat))


def _under_root(root: object, *, inverse: bool) -> Flat | None:
    """What a root is taken of."""
    if not isinstance(root, Flat):
        return None
    power = root.args[1] if root.operator == "aten.pow.Tensor_Scalar" else None
    if inverse and (root.operator == "aten.rsqrt.default" or power == -0.5):
        return root.args[0]
    if not inverse and (root.operator == "aten.sqrt.default" or power == 0.5):
        return root.args[0]
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeanOfSquares:
    """The square in mean(x^2) + eps, eps or None, and all nodes from the sum to the square."""

    power: Flat
    epsilon: float | None
    parts: tuple[Flat, ...]


def _mean_of_squares(total: Flat) -> _MeanOfSquares | None:
    """mean(x^2) + eps over the last axis, or without eps."""
    epsilon: float | None = None
    summed: list[Flat] = []
    mean: object = total
    if total.operator == "aten.add.Tensor" and isinstance(total.args[1], (int, float)) and not total.kwargs:
        mean, passed = _behind(total.args[0])
        epsilon, summed = float(total.args[1]), [total, *passed]
    if not isinstance(mean, Flat) or mean.operator != "aten.mean.dim" or not mean.argument(2, "keepdim", default=False):
        return None
    power, others = _behind(mean.args[0])
    rank = len(mean.value.shape)
    if [axis % rank for axis in mean.args[1]] != [rank - 1] or not isinstance(power, Flat):
        return None
    squared = power.operator == "aten.square.default"
    squared |= power.operator == "aten.pow.Tensor_Scalar" and power.args[1] == 2
    squared |= power.operator == "aten.mul.Tensor" and power.args[0] is power.args[1]
    return _MeanOfSquares(power=power, epsilon=epsilon, parts=(*summed, mean, *others, power)) if squared else None


def _with_gain(node: Flat, norm: RootMeanSquare, runtime: set[Flat]) -> tuple[Flat, RootMeanSquare]:
    """The norm and the product with its gain, where that alone reads it and there is none yet."""
    if norm.gain is not None:
        return node, norm
    passed, last = [node], node
    while len(_readers(last)) == 1 and _readers(last)[0].operator in _NO_CHANGE:
        (last,) = _readers(last)
        passed.append(last)
    reading = _readers(last)
    if len(reading) != 1 or reading[0].operator != "aten.mul.Tensor":
        return node, norm
    (product,) = reading
    gain = product.args[1] if product.args[0] is last else product.args[0]
    channels = node.value.shape[-1]
    if not isinstance(gain, Flat) or gain in runtime or tuple(gain.value.shape) != (channels,):
        return node, norm
    return product, replace(norm, gain=gain, parts=(*norm.parts, *passed))
