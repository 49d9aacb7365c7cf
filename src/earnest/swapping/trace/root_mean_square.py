"""RMS norms that a module writes out: x rsqrt(mean(x^2) + eps), times a gain, found in the exported graph.

[Zhang 2019, arXiv:1910.07467]. The law has one operator for all of it (E28), and none for some of its parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    """What is divided by its root mean square, eps, the gain or None, and the nodes that are nothing but parts."""

    source: Flat
    epsilon: float
    gain: Flat | None
    parts: tuple[Flat, ...]


def root_mean_squares(nodes: Sequence[Flat]) -> Mapping[Flat, RootMeanSquare]:
    """Each by the node whose value it is: the product with the gain, or the one before it."""
    found: dict[Flat, RootMeanSquare] = {}
    runtime = _from_inputs(nodes)
    for node in nodes:
        norm = _norm(node)
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
    return [user for user in node.users if not user.operator.startswith("aten._assert")]


def _norm(node: Flat) -> RootMeanSquare | None:
    """x times 1 / sqrt(mean(x^2) + eps), or x divided by the root."""
    for source, factor in _factors(node):
        root, passed = _behind(factor)
        total = _under_root(root, inverse=node.operator in _PRODUCTS)
        if total is None or not isinstance(root, Flat):
            continue
        square = _mean_of_squares(total)
        if square is None:
            continue
        mean, power, epsilon, between = square
        squared, _ = _behind(power.args[0])
        same, _ = _behind(source)
        parts = (*passed, root, total, *between, mean, power)
        alone = all(len(_readers(part)) == 1 for part in parts)
        if squared is same and isinstance(same, Flat) and alone:
            return RootMeanSquare(source=source, epsilon=epsilon, gain=None, parts=parts)
    return None


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


def _mean_of_squares(total: Flat) -> tuple[Flat, Flat, float, list[Flat]] | None:
    """The mean over the last axis, the square, eps, and the conversions between them, of mean(x^2) + eps."""
    if total.operator != "aten.add.Tensor" or not isinstance(total.args[1], (int, float)) or total.kwargs:
        return None
    mean, passed = _behind(total.args[0])
    if not isinstance(mean, Flat) or mean.operator != "aten.mean.dim" or not mean.argument(2, "keepdim", default=False):
        return None
    power, others = _behind(mean.args[0])
    rank = len(mean.value.shape)
    if [axis % rank for axis in mean.args[1]] != [rank - 1] or not isinstance(power, Flat):
        return None
    squared = power.operator == "aten.square.default"
    squared |= power.operator == "aten.pow.Tensor_Scalar" and power.args[1] == 2
    squared |= power.operator == "aten.mul.Tensor" and power.args[0] is power.args[1]
    return (mean, power, float(total.args[1]), [*passed, *others]) if squared else None


def _with_gain(node: Flat, norm: RootMeanSquare, runtime: set[Flat]) -> tuple[Flat, RootMeanSquare]:
    """The norm and the product with its gain, where that alone reads it."""
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
    return product, RootMeanSquare(source=norm.source, epsilon=norm.epsilon, gain=gain, parts=(*norm.parts, *passed))
