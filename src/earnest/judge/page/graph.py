"""One group of a program's steps as a drawing: nodes in layers, edges as curves."""

from dataclasses import dataclass, replace
from itertools import pairwise

from earnest.judge.page.layering import Layering, layered
from earnest.judge.page.steps import Repetition, Step
from earnest.judge.program.law import moves_codes
from earnest.judge.wording import printable

LETTER, SMALL_LETTER = 6.7, 5.6
"""Widths of the letters of a node's two lines, rather too wide than too narrow."""
CAP = 24.0
BETWEEN = 20.0
MARGIN = 8.0
LONGEST = 26
TITLES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step, or (`step` None) a value that comes from outside the group. Lengths are in pixels."""

    step: Step | None
    words: str
    name: str
    bits: int | None
    title: str
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The curve of one value from its maker to a reader; `thickness` grows with its bits."""

    path: str
    thickness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing, and how large it is."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def draw(steps: tuple[Step, ...], repetition: Repetition) -> Drawing | None:
    """The steps of the first group of a repetition; None where there are too many to be read."""
    places = repetition.groups[0].places
    outside = sorted({source for place in places for source in steps[place].sources} - set(places))
    number = {place: index for index, place in enumerate([*outside, *places])}
    nodes = [_port(steps, repetition, place) for place in outside]
    nodes += [_node(steps, repetition, place) for place in places]
    edges = sorted({(number[source], number[place]) for place in places for source in steps[place].sources})
    layering = layered([node.width for node in nodes], edges)
    return None if layering is None else _drawing(nodes, edges, layering)


def _drawing(nodes: list[Node], edges: list[tuple[int, int]], layering: Layering) -> Drawing:
    heights = [0.0] * (max(layering.layers) + 1)
    for node, layer in zip(nodes, layering.layers, strict=True):
        heights[layer] = max(heights[layer], node.height)
    tops = [MARGIN]
    for height in heights:
        tops.append(tops[-1] + height + BETWEEN)
    middles = [top + height / 2 for top, height in zip(tops, heights, strict=False)]
    placed = [
        _placed(node, centre + MARGIN, middles[layer])
        for node, centre, layer in zip(nodes, layering.centres, layering.layers, strict=True)
    ]
    curves = []
    for (a, b), route in zip(edges, layering.routes, strict=True):
        first = layering.layers[a]
        points = [(placed[a].top + placed[a].height, placed[a].top + placed[a].height)]
        points += [(tops[first + n], tops[first + n] + heights[first + n]) for n in range(1, len(route) - 1)]
        points.append((placed[b].top, placed[b].top))
        curves.append(Edge(path=_curve([x + MARGIN for x in route], points), thickness=_thickness(nodes[a].bits)))
    width = max(node.left + node.width for node in placed)
    right = max((x for route in layering.routes for x in route), default=0.0) + 2 * MARGIN
    return Drawing(
        width=max(width + MARGIN, right), height=tops[-1] - BETWEEN + MARGIN, nodes=tuple(placed), edges=tuple(curves)
    )


def _thickness(bits: int | None) -> float:
    return 1.2 if bits is None or bits <= 8 else 2.4 if bits <= 16 else 3.6


def _placed(node: Node, centre: float, middle: float) -> Node:
    return replace(node, left=centre - node.width / 2, top=middle - node.height / 2)


def _curve(route: list[float], heights: list[tuple[float, float]]) -> str:
    """A path through one point per layer, straight down past each layer and bent between."""
    path = f"M{route[0]:.1f} {heights[0][1]:.1f}"
    for (x, (_, leaves)), (to, (arrives, past)) in pairwise(zip(route, heights, strict=True)):
        half = (leaves + arrives) / 2
        path += f"C{x:.1f} {half:.1f} {to:.1f} {half:.1f} {to:.1f} {arrives:.1f}"
        path += f"V{past:.1f}" if past != arrives else ""
    return path


def _node(steps: tuple[Step, ...], repetition: Repetition, place: int) -> Node:
    step = steps[place]
    words = printable(step.kind)
    if step.weight_bits is not None:
        words += f" w{step.weight_bits}"
    words = _cut(words)
    name = "" if moves_codes(step.kind) else _cut(printable(step.local))
    title = step.title
    if len(repetition.groups) > 1:
        title += f"\none of {len(repetition.groups)}, {repetition.title}"
        index = repetition.groups[0].places.index(place)
        bounds = [steps[group.places[index]].rest.get("accumulator_bits") for group in repetition.groups]
        known = [bound for bound in bounds if isinstance(bound, int)]
        if len(set(known)) > 1:
            title += f"\naccumulator bits of all: {min(known)} to {max(known)}"
    size = 11.0 if name else 9.5
    width = max(len(words) * LETTER * size / 11, len(name) * SMALL_LETTER) + 14 + CAP
    return Node(
        step=step, words=words, name=name, bits=step.bits, title=title, width=width, height=34.0 if name else 17.0
    )


def _port(steps: tuple[Step, ...], repetition: Repetition, place: int) -> Node:
    """A value from outside; in a repetition it is named only where all groups read the same one."""
    index, order = next(
        (index, steps[own].sources.index(place))
        for index, own in enumerate(repetition.groups[0].places)
        if place in steps[own].sources
    )
    sources = [steps[group.places[index]].sources[order] for group in repetition.groups]
    names = [printable(steps[source].name) if source >= 0 else "the input of the program" for source in sources]
    reads = [f"{printable(group.name)} reads {name}" for group, name in zip(repetition.groups, names, strict=True)]
    title = "\n".join(reads[:TITLES]) + (f"\nand {len(reads) - TITLES} more" if len(reads) > TITLES else "")
    words = f"from {_cut(names[0])}" if len(set(names)) == 1 else "into the block"
    return _outside(words, steps[place].bits if place >= 0 else None, title)


def _outside(words: str, bits: int | None, title: str) -> Node:
    width = len(words) * SMALL_LETTER + 14 + CAP
    return Node(step=None, words=words, name="", bits=bits, title=title, width=width, height=17.0)


def _cut(text: str) -> str:
    """The end of a text that is too long for a node; all of it stands in the title."""
    return text if len(text) <= LONGEST else "…" + text[1 - LONGEST :]
