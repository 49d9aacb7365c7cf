"""Patterns that the law has one operator for: the relative shift, written in torch as pad, view, slice, view, slice."""

from earnest.integer.dimension import TIME, TOKENS, Dimension, evaluate
from earnest.swapping.graph import Graph, Node, link
from earnest.swapping.tables import BATCH


def find_relative_shifts(graph: Graph) -> None:
    """Replace each pad-view-slice-view-slice that is y[i, j] = x[i, T - 1 - i + j] by `relative_shift`."""
    link(graph)
    for node in list(graph.nodes):
        chain = _chain(node)
        if chain is None or not _is_shift(graph, *chain):
            continue
        last = chain[-1]
        last.kind, last.inputs, last.settings = "relative_shift", list(chain[0].inputs), {}
        for gone in chain[:-1]:
            gone.part_of = last
            graph.nodes.remove(gone)
        link(graph)


def _chain(node: Node) -> tuple[Node, Node, Node, Node, Node] | None:
    """pad, reshape, slice, reshape, slice, each read by the next alone."""
    nodes = [node]
    for kind in ("reshape", "slice", "reshape", "slice"):
        if len(nodes[-1].users) != 1 or nodes[-1].users[0].kind != kind:
            return None
        nodes.append(nodes[-1].users[0])
    return tuple(nodes) if node.kind == "pad" else None  # type: ignore[return-value]


def _is_shift(graph: Graph, pad: Node, tall: Node, cut: Node, wide: Node, keep: Node) -> bool:
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
    for time in (graph.shortest, graph.shortest + 7, graph.longest):
        at = lambda size, time=time: evaluate(size, {BATCH: 3, TIME: time, TOKENS: graph.most_tokens})  # noqa: E731
        length = at(wide_shape[-2])
        sizes = [at(size) for size in (*tall_shape[-2:], wide_shape[-1])]
        if sizes != [2 * length, length, 2 * length - 1]:
            return False
        if not (_window(cut, rank - 2, at) == (1, 2 * length) and _window(keep, rank - 1, at) == (0, length)):
            return False
    return True


def _window(node: Node, axis: int, at: "type[Dimension] | object") -> tuple[int, int] | None:
    settings = node.settings
    if settings["axis"] != axis or settings["step"] != 1:
        return None
    return at(settings["start"]), at(settings["stop"])  # type: ignore[operator]
