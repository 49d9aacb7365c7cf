"""Rules of layout: what only moves elements. One that moves nothing is removed."""

from earnest.errors import CaptureError
from earnest.integer.dimension import Dimension
from earnest.nn.twins.concat import Concat
from earnest.nn.twins.pad import Pad
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.slice import Slice
from earnest.nn.twins.transpose import Transpose
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.rules.recurrences import RECURRENT_RULES, part_of_recurrence
from earnest.swapping.trace.flat import Flat

MOST_COPIES = 32
"""Operands of one concat that only repeats."""


def reshape(converter: Converter, node: Flat) -> Draft:
    """Any change of shape in row-major order; the shape is that of the traced result."""
    source = converter.operand(node.args[0])
    shape = converter.shape(node)
    before = converter.shape(node.args[0])
    if len(shape) == len(before) and all(map(converter.same_at_all_lengths, shape, before)):
        converter.became[node] = "removed: keeps the shape"
        return source
    return converter.make(Reshape, [source], shape=shape)


def _transpose(converter: Converter, node: Flat) -> Draft:
    rank = len(node.value.shape)
    first, second = (int(axis) % rank for axis in node.args[1:3])
    order = list(range(rank))
    order[first], order[second] = order[second], order[first]
    return _permuted(converter, node, tuple(order))


def _permute(converter: Converter, node: Flat) -> Draft:
    rank = len(node.value.shape)
    return _permuted(converter, node, tuple(int(axis) % rank for axis in node.args[1]))


def _permuted(converter: Converter, node: Flat, order: tuple[int, ...]) -> Draft:
    source = converter.operand(node.args[0])
    if order == tuple(range(len(order))):
        converter.became[node] = "removed: keeps the order"
        return source
    return converter.make(Transpose, [source], order=order)


def _slice(converter: Converter, node: Flat) -> Draft:
    source = converter.operand(node.args[0])
    rank = len(node.value.shape)
    axis = int(node.argument(1, "dim", 0)) % rank
    start, stop, step = (node.argument(index, name) for index, name in ((2, "start"), (3, "end"), (4, "step")))
    extent, count = converter.shape(node.args[0])[axis], converter.shape(node)[axis]
    first, by = converter.size(start, 0), int(step or 1)
    if isinstance(first, int) and first < 0:
        first = ("+", extent, first)
    if first == 0 and by == 1 and converter.same_at_all_lengths(extent, count):
        converter.became[node] = "removed: keeps everything"
        return source
    last: Dimension = ("+", first, count) if by == 1 else converter.size(stop, extent)
    if by != 1 and isinstance(last, int) and last > 1 << 40:
        last = extent
    return converter.make(Slice, [source], axis=axis, start=first, stop=last, step=by)


def _pad(converter: Converter, node: Flat) -> Draft:
    sizes = [converter.size(amount, 0) for amount in node.args[1]]
    amounts = [size if isinstance(size, int) else converter.greatest_at_any_length(size) for size in sizes]
    mode, value = _pad_mode(node)
    if mode != "constant" or value != 0 or min(amounts) < 0:
        raise converter.unsupported(node, f"pads by {amounts} in mode {mode} with {value}; expected zeros")
    rank = len(node.value.shape)
    before, after = [0] * rank, [0] * rank
    for index in range(len(amounts) // 2):
        before[rank - 1 - index], after[rank - 1 - index] = amounts[2 * index], amounts[2 * index + 1]
    result = converter.make(Pad, [converter.operand(node.args[0])], before=tuple(before), after=tuple(after))
    for index, size in enumerate(sizes):  # what a length does not ask for is cut off again
        if not isinstance(size, int):
            axis = rank - 1 - index // 2
            start: Dimension = 0 if index % 2 else ("+", amounts[index], ("*", -1, size))
            stop: Dimension = ("+", start, converter.shape(node)[axis])
            result = converter.make(Slice, [result], axis=axis, start=start, stop=stop, step=1)
    return result


def _pad_mode(node: Flat) -> tuple[str, float]:
    """`pad` takes a mode and a value, `constant_pad_nd` a value alone."""
    if node.operator == "aten.constant_pad_nd.default":
        return "constant", float(node.argument(2, "value", 0))
    return node.argument(2, "mode", "constant"), float(node.argument(3, "value", 0))


def _cat(converter: Converter, node: Flat) -> Draft:
    axis = int(node.argument(1, "dim", 0))
    inputs = [converter.operand(argument) for argument in node.args[0]]
    return converter.make(Concat, inputs, axis=axis % len(node.value.shape))


def copies(converter: Converter, value: Draft, axis: int, count: int) -> Draft:
    """The value behind itself along an axis, so many times."""
    if count > MOST_COPIES:
        where = f"{converter.current.path or 'the model'}: {converter.current.operator}"
        raise CaptureError(f"{where}: expected at most {MOST_COPIES} copies of a value, got {count}")
    return value if count == 1 else converter.make(Concat, [value] * count, axis=axis)


def repeat_each(converter: Converter, source: Flat, axis: int, count: int) -> Draft:
    """Each element of an axis so many times, its copies side by side."""
    value, shape = converter.operand(source), converter.shape(source)
    if count == 1:
        return value
    single = converter.make(Reshape, [value], shape=(*shape[: axis + 1], 1, *shape[axis + 1 :]))
    many = copies(converter, single, axis + 1, count)
    return converter.make(Reshape, [many], shape=(*shape[:axis], ("*", shape[axis], count), *shape[axis + 1 :]))


def _repeat_interleave(converter: Converter, node: Flat) -> Draft:
    count, axis = node.args[1], node.argument(2, "dim")
    if not isinstance(count, int) or axis is None:
        raise converter.unsupported(node, f"repeats {count} times along {axis}; expected a fixed number and an axis")
    return repeat_each(converter, node.args[0], int(axis) % len(node.value.shape), count)


def _repeat(converter: Converter, node: Flat) -> Draft:
    source = node.args[0]
    counts = node.args[1]
    if len(counts) != len(source.value.shape) or not all(isinstance(count, int) for count in counts):
        raise converter.unsupported(node, f"repeats {counts} times; expected a fixed number for each axis")
    value = converter.operand(source)
    for axis, count in enumerate(counts):
        value = copies(converter, value, axis, count)
    return value


def _expand(converter: Converter, node: Flat) -> Draft:
    """Copies along axes of one element; where none is longer than before, nothing."""
    source = node.args[0]
    before, after = converter.shape(source), converter.shape(node)
    value = converter.operand(source)
    if len(before) != len(after):
        raise converter.unsupported(node, "repeats data along a new axis, which has no twin")
    grown = [axis for axis, sizes in enumerate(zip(before, after, strict=True)) if not _same(converter, *sizes)]
    if not grown:
        converter.became[node] = "removed: expands nothing"
    for axis in grown:
        count = after[axis]
        if before[axis] != 1 or not isinstance(count, int):
            raise converter.unsupported(node, f"repeats data {count} times, which has no twin; expected a fixed number")
        value = copies(converter, value, axis, count)
    return value


def _same(converter: Converter, before: Dimension, after: Dimension) -> bool:
    return converter.same_at_all_lengths(before, after)


def _stack(converter: Converter, node: Flat) -> Draft:
    """Values behind each other along a new axis."""
    shape = converter.shape(node)
    axis = int(node.argument(1, "dim", 0)) % len(shape)
    single = (*shape[:axis], 1, *shape[axis + 1 :])
    parts = [converter.make(Reshape, [converter.operand(part)], shape=single) for part in node.args[0]]
    return converter.make(Concat, parts, axis=axis)


def _parts(converter: Converter, node: Flat) -> Draft:
    """A value that is cut: the parts are slices of it, made where they are asked for."""
    converter.became[node] = "removed: each part is a slice"
    return converter.operand(node.args[0])


def _part(converter: Converter, node: Flat) -> Draft:
    """One part of a value that is cut along an axis."""
    cut, index = node.args[:2]
    if cut.operator in RECURRENT_RULES:
        return part_of_recurrence(converter, node)
    if cut.operator not in CUTS:
        raise converter.unsupported(node, f"takes a part of {cut.operator}, which has no twin")
    whole, rank = cut.args[0], len(cut.args[0].value.shape)
    axis = int(cut.argument(CUTS[cut.operator], "dim", 0)) % rank
    if cut.operator == "aten.unbind.int":
        piece = converter.make(Slice, [converter.operand(whole)], axis=axis, start=index, stop=index + 1, step=1)
        return converter.make(Reshape, [piece], shape=converter.shape(node))
    sizes = [converter.dimension(part.shape[axis]) for part in cut.value]
    start: Dimension = 0 if index == 0 else ("+", 0, *sizes[:index])
    stop: Dimension = ("+", start, sizes[index])
    return converter.make(Slice, [converter.operand(whole)], axis=axis, start=start, stop=stop, step=1)


CUTS = {
    "aten.chunk.default": 2,
    "aten.split.Tensor": 2,
    "aten.split_with_sizes.default": 2,
    "aten.unbind.int": 1,
}
"""Operators that cut a value along an axis, and the place of the axis among their arguments."""


def _select(converter: Converter, node: Flat) -> Draft:
    """One index of an axis: a slice of one, and the axis dropped."""
    before = converter.shape(node.args[0])
    axis, index = int(node.args[1]) % len(before), int(node.args[2])
    first: Dimension = index if index >= 0 else ("+", before[axis], index)
    part = converter.make(
        Slice, [converter.operand(node.args[0])], axis=axis, start=first, stop=("+", first, 1), step=1
    )
    return converter.make(Reshape, [part], shape=converter.shape(node))


LAYOUT_RULES: dict[str, Rule] = {
    "aten.view.default": reshape,
    "aten.reshape.default": reshape,
    "aten._unsafe_view.default": reshape,
    "aten.flatten.using_ints": reshape,
    "aten.unflatten.int": reshape,
    "aten.unsqueeze.default": reshape,
    "aten.squeeze.default": reshape,
    "aten.squeeze.dim": reshape,
    "aten.squeeze.dims": reshape,
    "aten.transpose.int": _transpose,
    "aten.t.default": lambda converter, node: _permuted(converter, node, (1, 0)),
    "aten.permute.default": _permute,
    "aten.slice.Tensor": _slice,
    "aten.select.int": _select,
    "aten.pad.default": _pad,
    "aten.constant_pad_nd.default": _pad,
    "aten.cat.default": _cat,
    "aten.expand.default": _expand,
    "aten.repeat.default": _repeat,
    "aten.repeat_interleave.self_int": _repeat_interleave,
    "aten.stack.default": _stack,
    **dict.fromkeys(CUTS, _parts),
    "<built-in function getitem>": _part,
}
