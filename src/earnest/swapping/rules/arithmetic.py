"""Rules of arithmetic: sums and products of values and numbers, and gates."""

import math

from earnest.nn.twins.add import Add
from earnest.nn.twins.glu import GatedLinearUnit
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.mul import Multiply
from earnest.nn.twins.scaled import Scaled
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.attention import by_distance
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat


def _matmul(converter: Converter, node: Flat) -> Draft:
    left, right = node.args[:2]
    if min(len(left.value.shape), len(right.value.shape)) < 2:
        raise converter.unsupported(node, "multiplies a vector; expected operands of two axes or more")
    return converter.make(MatMul, [converter.operand(left), converter.operand(right)], depth=left.value.shape[-1])


def _sum(sign: float) -> Rule:
    def rule(converter: Converter, node: Flat) -> Draft:
        left, right = node.args[:2]
        factor = sign * float(node.kwargs.get("alpha", 1))
        if converter.uniform(right) == 0 and _keeps_shape(converter, node, left):
            converter.became[node] = "removed: adds 0"
            return converter.like(node, left)
        if _hides_the_future(converter, node, right):
            converter.causal_scores.add(node)
            converter.became[node] = "part of the softmax: its causal mask"
            return converter.like(node, left)
        operands = [converter.operand(x) if isinstance(x, Flat) else converter.number(float(x)) for x in (left, right)]
        return converter.make(Add, operands, factors=(1.0, factor))

    return rule


def _hides_the_future(converter: Converter, node: Flat, mask: object) -> bool:
    """True for the causal mask, added to what softmax alone reads."""
    read_by_softmax = all(user.operator == "aten.softmax.int" for user in node.users)
    return read_by_softmax and isinstance(mask, Flat) and converter.causal(mask)


def _reversed_difference(converter: Converter, node: Flat) -> Draft:
    """other - x, other a number or a tensor."""
    left, right = node.args[:2]
    factor = float(node.argument(2, "alpha", 1))
    other = converter.operand(right) if isinstance(right, Flat) else converter.number(float(right))
    return converter.make(Add, [converter.operand(left), other], factors=(-factor, 1.0))


def _keeps_shape(converter: Converter, node: Flat, source: Flat) -> bool:
    """Whether the result has the source's elements: nothing broadcasts it."""
    before, after = (list(converter.shape(value)) for value in (source, node))
    while after and len(after) > len(before) and after[0] == 1:
        after.pop(0)
    return len(before) == len(after) and all(map(converter.same_at_all_lengths, before, after))


def _product(converter: Converter, node: Flat) -> Draft:
    left, right = node.args[:2]
    for value, factor in ((left, converter.scalar(right)), (right, converter.scalar(left))):
        if factor is not None:
            return _scale(converter, node, value, factor)
    return by_distance(converter, node) or converter.make(Multiply, [converter.operand(left), converter.operand(right)])


def _quotient(converter: Converter, node: Flat) -> Draft:
    divisor = converter.scalar(node.args[1])
    if divisor is None or divisor == 0:
        raise converter.unsupported(node, "divides by a tensor, which has no twin")
    return _scale(converter, node, node.args[0], 1.0 / divisor)


def _scale(converter: Converter, node: Flat, value: Flat, factor: float) -> Draft:
    if not math.isfinite(factor) or factor == 0:
        raise converter.unsupported(node, f"multiplies by {factor}")
    source = converter.like(node, value)
    if factor == 1:
        converter.became[node] = "removed: multiplies by 1"
        return source
    if factor < 0:
        return converter.make(Add, [source], factors=(factor,))
    return converter.make(Scaled, [source], factor=factor)


def _negative(converter: Converter, node: Flat) -> Draft:
    return _scale(converter, node, node.args[0], -1.0)


def _glu(converter: Converter, node: Flat) -> Draft:
    axis = int(node.argument(1, "dim", -1))
    return converter.make(GatedLinearUnit, [converter.operand(node.args[0])], axis=axis % len(node.value.shape))


def _sum_with_product(converter: Converter, node: Flat) -> Draft:
    """beta x + alpha a b."""
    x, left, right = node.args[:3]
    beta, alpha = float(node.argument(3, "beta", 1)), float(node.argument(4, "alpha", 1))
    product = converter.make(MatMul, [converter.operand(left), converter.operand(right)], depth=left.value.shape[-1])
    if beta == 0 or converter.uniform(x) == 0:
        return product if alpha == 1 else converter.make(Scaled, [product], factor=alpha)
    return converter.make(Add, [converter.operand(x), product], factors=(beta, alpha))


ARITHMETIC_RULES: dict[str, Rule] = {
    "aten.matmul.default": _matmul,
    "aten.bmm.default": _matmul,
    "aten.baddbmm.default": _sum_with_product,
    "aten.addmm.default": _sum_with_product,
    "aten.add.Tensor": _sum(1.0),
    "aten.sub.Tensor": _sum(-1.0),
    "aten.rsub.Scalar": _reversed_difference,
    "aten.rsub.Tensor": _reversed_difference,
    "aten.mul.Tensor": _product,
    "aten.mul.Scalar": _product,
    "aten.div.Tensor": _quotient,
    "aten.div.Scalar": _quotient,
    "aten.neg.default": _negative,
    "aten.glu.default": _glu,
}
