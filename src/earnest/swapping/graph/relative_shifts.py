"""Patterns that the law has one operator for: the relative shift, written in torch as pad, view, slice, view, slice."""

from earnest.integer.dimension import TIME, TOKENS, Dimension, evaluate
from earnest.nn.twin import Twin
from earnest.nn.twins.pad import Pad
from earnest.nn.twins.relative_shift import RelativeShift
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.slice import Slice
from earnest.swapping.graph.draft import Draft, DraftGraph
from earnest.swapping.trace.tables import BATCH


def find_relative_shifts(graph: DraftGraph) -> None:
    """Replace each pad-view-slice-view-slice that is y[i, j] = x[i, T - 1 - i + j] by `relative_shift`."""
    graph.link()
    for node in list(graph.drafts):
        chain = _chain(node)
        if chain is None or not _is_shift(graph, *chain):
            continue
        last = chain[-1]
        last.twin, last.inputs, last.settings = RelativeShift, list(chain[0].inputs), {}
        for gone in chain[:-1]:
            gone.part_of = last
            graph.drafts.remove(gone)
        graph.link()


def _chain(node: Draft) -> tuple[Draft, Draft, Draft, Draft, Draft] | None:
    """pad, reshape, slice, reshape, slice, each read by the next alone."""
    nodes = [node]
    followers: tuple[type[Twin], ...] = (Reshape, Slice, Reshape, Slice)
    for twin in followers:
        if len(nodes[-1].users) != 1 or not nodes[-1].users[0].is_a(twin):
            return None
        nodes.append(nodes[-1].users[0])
    return tuple(nodes) if node.is_a(Pad) else None  # type: ignore[return-value]


def _is_shift(graph: DraftGraph, pad: Draft, tall: Draft, cut: Draft, wide: Draft, keep: Draft) -> bool:
    """Checked on sizes at several lengths: one column before; [.., 2T, T]; the first row off; [.., T, 2T - 1]; T
    columns.
    """
    before, after = pad.settings["before"], pad.settings["after"]
    rank = len(before)
    if before != (*(0,) * (rank - 1), 1) or any(after) or rank < 2:
        return False
    tall_shape, wide_shape = tall.settings["shape"], wide.settings["shape"]
    if len(tall_shape) != rank or len(wide_shape) != rank:
        return False
    for time in (graph.ends[0], graph.ends[0] + 7, graph.ends[1]):
        at = lambda size, time=time: evaluate(size, {BATCH: 3, TIME: time, TOKENS: graph.most_tokens})  # noqa: E731
        length = at(wide_shape[-2])
        sizes = [at(size) for size in (*tall_shape[-2:], wide_shape[-1])]
        if sizes != [2 * length, length, 2 * length - 1]:
            return False
        if not (_window(cut, rank - 2, at) == (1, 2 * length) and _window(keep, rank - 1, at) == (0, length)):
            return False
    return True


def _window(node: Draft, axis: int, at: "type[Dimension] | object") -> tuple[int, int] | None:
    settings = node.settings
    if settings["axis"] != axis or settings["step"] != 1:
        return None
    return at(settings["start"]), at(settings["stop"])  # type: ignore[operator]
