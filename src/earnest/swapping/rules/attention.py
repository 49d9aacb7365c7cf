"""Rules of attention: softmax, torch's own attention, masks that depend on no data, and tables of relative positions.

A table whose value at [i, j] depends on j - i alone is kept by distance: a product with it is formed for every
distance, and `relative_shift` (E22) brings each to its place.
"""

from earnest.nn.twins.add import Add
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.mul import Multiply
from earnest.nn.twins.relative_shift import RelativeShift
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.scaled import Scaled
from earnest.nn.twins.softmax import Softmax
from earnest.nn.twins.transpose import Transpose
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.rules.layout import repeat_each
from earnest.swapping.trace.flat import Flat


def _softmax(converter: Converter, node: Flat) -> Draft:
    if int(node.args[1]) % len(node.value.shape) != len(node.value.shape) - 1:
        raise converter.unsupported(node, f"over axis {node.args[1]} has no twin; expected the last axis")
    masked = node.args[0] in converter.causal_scores
    return converter.make(Softmax, [converter.operand(node.args[0])], masked=masked)


def _attention(converter: Converter, node: Flat) -> Draft:
    """softmax(q k^T scale + bias) v, operator by operator.

    Where fewer heads have keys and values than queries, each of theirs is read by a group of heads [Ainslie 2023,
    arXiv:2305.13245].
    """
    if node.argument(4, "dropout_p", 0.0):
        raise converter.unsupported(node, "has dropout; call model.eval() first")
    query, key, value = (converter.operand(argument) for argument in node.args[:3])
    if node.argument(7, "enable_gqa", default=False):
        key, value = (_for_each_head(converter, node, argument) for argument in node.args[1:3])
    masked = bool(node.argument(5, "is_causal", default=False))
    bias, hidden = _mask(converter, node, node.argument(3, "attn_mask"))
    masked = masked or hidden
    queries, keys = (converter.shape(argument)[-2] for argument in node.args[:2])
    if masked and not converter.same_at_all_lengths(queries, keys):
        raise converter.unsupported(node, "is causal with fewer queries than keys, where torch's mask is not the law's")
    width = int(node.args[0].value.shape[-1])
    factor = node.argument(6, "scale", width**-0.5)
    rank = len(node.value.shape)
    order = (*range(rank - 2), rank - 1, rank - 2)
    transposed = converter.make(Transpose, [key], order=order)
    scores = converter.make(MatMul, [query, transposed], depth=width)
    scores = converter.make(Scaled, [scores], factor=float(factor))
    if bias is not None:
        scores = converter.make(Add, [scores, converter.operand(bias)], factors=(1.0, 1.0))
    weights = converter.make(Softmax, [scores], masked=masked)
    return converter.make(MatMul, [weights, value], depth=node.args[1].value.shape[-2])


def _for_each_head(converter: Converter, node: Flat, source: Flat) -> Draft:
    """Keys or values of groups of heads, for each head."""
    heads, groups = (converter.shape(argument)[-3] for argument in (node.args[0], source))
    if not isinstance(heads, int) or not isinstance(groups, int) or heads % groups:
        raise converter.unsupported(node, f"has {heads} heads and keys of {groups}; expected groups of as many heads")
    return repeat_each(converter, source, len(source.value.shape) - 3, heads // groups)


def _mask(converter: Converter, node: Flat, mask: Flat | None) -> tuple[Flat | None, bool]:
    """What is added to the scores, and whether the future is hidden; a mask that hides nothing is neither."""
    if mask is None or converter.uniform(mask) in ((True,) if mask.value.dtype.is_floating_point is False else (0.0,)):
        return None, False
    if converter.causal(mask):
        return None, True
    if not mask.value.dtype.is_floating_point:
        raise converter.unsupported(node, "has a boolean mask that is not causal; expected utterances without padding")
    return mask, False


def _where(converter: Converter, node: Flat) -> Draft:
    """One of two values, where the condition is the same everywhere and depends on no data."""
    condition, true, false = node.args[:3]
    chosen = converter.uniform(condition)
    if chosen is None:
        raise converter.unsupported(node, "chooses by a condition that is not the same everywhere, which has no twin")
    value = true if chosen else false
    if not isinstance(value, Flat):
        raise converter.unsupported(node, f"fills everything with {value}")
    converter.became[node] = f"removed: the condition is {bool(chosen)} everywhere"
    return converter.like(node, value)


def _masked_fill(converter: Converter, node: Flat) -> Draft:
    """The value itself, where nothing is masked."""
    if converter.uniform(node.args[1]) not in (False, 0):
        raise converter.unsupported(node, "masks some elements, which has no twin; expected utterances without padding")
    converter.became[node] = "removed: nothing is masked"
    return converter.like(node, node.args[0])


def by_distance(converter: Converter, node: Flat) -> Draft | None:
    """x[..., i, 0] r[j - i], a table of distances by a value of one column: the product for every distance, shifted."""
    for x, table in (node.args[:2], node.args[1::-1]):
        rank = len(getattr(getattr(table, "value", None), "shape", ()))
        if rank < 2 or not isinstance(x, Flat) or len(x.value.shape) != rank or x.value.shape[-1] != 1:
            continue
        found = converter.distances(table, (rank - 2, rank - 1))
        if found is None:
            continue
        row = found.row.unsqueeze(-2)
        part = converter.table(table, row, rank - 1, found.window)
        source, before = converter.operand(x), converter.shape(x)
        heads = int(row.shape[0])
        merged = rank > 2 and heads > 1 and not converter.same_at_all_lengths(before[0], heads)
        if merged:  # the first axis is batch times heads; the table is that of one utterance
            source = converter.make(Reshape, [source], shape=(("//", before[0], heads), heads, *before[1:]))
        product = converter.make(Multiply, [source, part])
        shifted = converter.make(RelativeShift, [product])
        return converter.make(Reshape, [shifted], shape=converter.shape(node)) if merged else shifted
    return None


def _einsum(converter: Converter, node: Flat) -> Draft:
    """q[..., l, d] E[r - l, d] summed over d: a product with the table of every distance, shifted."""
    equation, (left, right) = node.args[0].replace(" ", ""), node.args[1]
    inputs, _, output = equation.partition("->")
    first, _, second = inputs.partition(",")
    fits = len(second) == 3 and len(first) >= 3 and output == first[:-1] + second[1]
    if not fits or second[0] != first[-2] or second[2] != first[-1] or second[1] in first:
        raise converter.unsupported(node, f"{equation} has no twin; expected the form bhld,lrd->bhlr")
    found = converter.distances(right, (0, 1))
    if found is None:
        raise converter.unsupported(node, f"{equation} with a table that is no function of r - l has no twin")
    part = converter.table(right, found.row.movedim(found.axis, -1), 1, found.window)
    product = converter.make(MatMul, [converter.operand(left), part], depth=left.value.shape[-1])
    return converter.make(RelativeShift, [product])


ATTENTION_RULES: dict[str, Rule] = {
    "aten.softmax.int": _softmax,
    "aten.scaled_dot_product_attention.default": _attention,
    "aten.where.self": _where,
    "aten.where.ScalarOther": _where,
    "aten.masked_fill.Scalar": _masked_fill,
    "aten.masked_fill.Tensor": _masked_fill,
    "aten.einsum.default": _einsum,
}
