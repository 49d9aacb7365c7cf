"""Where the nodes of a directed graph without cycles lie when it is drawn in layers, edges going down.

Layers by longest path, orders by barycentres, places by least squares [Sugiyama 1981, Barlow 1972].
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

LANE = 10.0
"""Width of an edge where it passes a layer."""
GAP = 14.0
SWEEPS = 12
STRAIGHT, LOOSE = 8.0, 0.02
"""How strongly an edge pulls between two of its lanes, and between a lane and its end; two nodes pull with 1."""
YIELDING = 0.05
"""What a lane weighs where it and a node, which weighs 1, want the same place."""
RELAXATIONS = 300
MOST = 1500
"""Nodes, and layers that edges pass, beyond which nobody would read the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layering:
    """`layers` and `centres` of the nodes; of every edge the centres at which it passes the layers, ends included."""

    layers: list[int]
    centres: list[float]
    routes: list[list[float]]


@dataclass(slots=True)
class _Net:
    """Nodes, then the lanes of edges, each joined to neighbours one layer above and below."""

    layers: list[int]
    widths: list[float]
    above: list[list[int]]
    below: list[list[int]]
    nodes: int
    rows: list[list[int]] = field(default_factory=list)


def layered(widths: Sequence[float], edges: Sequence[tuple[int, int]]) -> Layering | None:
    """Places of nodes of these widths; every edge goes from a lower to a higher number. None where the graph is too
    large to be read.
    """
    layers = longest_paths(len(widths), edges)
    if len(widths) + sum(layers[b] - layers[a] - 1 for a, b in edges) > MOST:
        return None
    net = _Net(layers, list(widths), [[] for _ in widths], [[] for _ in widths], len(widths))
    chains = [_chain(net, a, b) for a, b in edges]
    net.rows = [[] for _ in range(max(layers, default=-1) + 1)]
    for node, layer in enumerate(net.layers):
        net.rows[layer].append(node)
    _order(net)
    centres = _place(net)
    left = min((centres[node] - net.widths[node] / 2 for node in range(len(centres))), default=0.0)
    centres = [centre - left for centre in centres]
    return Layering(
        layers=layers[: len(widths)],
        centres=centres[: len(widths)],
        routes=[[centres[node] for node in chain] for chain in chains],
    )


def longest_paths(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of every node: behind all that it reads; one that reads nothing lies just before its first reader."""
    layers = [0] * count
    first: dict[int, int] = {}
    read = {b for _, b in edges}
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        layers[b] = max(layers[b], layers[a] + 1)
    for a, b in edges:
        first[a] = min(first.get(a, layers[b]), layers[b])
    return [first[node] - 1 if node in first and node not in read else layer for node, layer in enumerate(layers)]


def spread(wished: Sequence[float], apart: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Places nearest to those wished (weighted least squares), each at least `apart` behind the one before it."""
    offsets = list(accumulate(apart, initial=0.0))
    blocks: list[tuple[float, float, int]] = []
    for wish, offset, weight in zip(wished, offsets, weights, strict=True):
        total, mass, count = (wish - offset) * weight, weight, 1
        while blocks and blocks[-1][0] * mass >= total * blocks[-1][1]:
            earlier, heavy, number = blocks.pop()
            total, mass, count = total + earlier, mass + heavy, count + number
        blocks.append((total, mass, count))
    means = [total / mass for total, mass, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def crossings(upper: Sequence[int], below: Sequence[Sequence[int]], position: dict[int, int]) -> int:
    """How many pairs of edges cross between a layer and the next."""
    ends = [sorted(position[end] for end in below[node]) for node in upper]
    passed: list[int] = []
    crossed = 0
    for targets in ends:
        crossed += sum(earlier > target for target in targets for earlier in passed)
        passed += targets
    return crossed


def _chain(net: _Net, a: int, b: int) -> list[int]:
    """The nodes of one edge: its ends, and a lane in every layer between."""
    chain = [a]
    for layer in range(net.layers[a] + 1, net.layers[b]):
        net.layers.append(layer)
        net.widths.append(LANE)
        net.above.append([])
        net.below.append([])
        chain.append(len(net.layers) - 1)
    chain.append(b)
    for upper, lower in pairwise(chain):
        net.below[upper].append(lower)
        net.above[lower].append(upper)
    return chain


def _order(net: _Net) -> None:
    """Order every layer by the means of its neighbours' positions; the sweep with the fewest crossings is kept."""
    best, fewest = net.rows, _all_crossings(net)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        net.rows = [list(row) for row in net.rows]
        neighbours = net.above if down else net.below
        order = range(1, len(net.rows)) if down else range(len(net.rows) - 2, -1, -1)
        for layer in order:
            position = {node: place for place, node in enumerate(net.rows[layer - 1 if down else layer + 1])}
            own = {node: place for place, node in enumerate(net.rows[layer])}
            means = {n: _mean([position[other] for other in neighbours[n]], own[n]) for n in net.rows[layer]}
            net.rows[layer].sort(key=means.__getitem__)
        crossed = _all_crossings(net)
        if crossed < fewest:
            best, fewest = net.rows, crossed
    net.rows = best


def _all_crossings(net: _Net) -> int:
    position = {node: place for row in net.rows for place, node in enumerate(row)}
    return sum(crossings(row, net.below, position) for row in net.rows)


def _place(net: _Net) -> list[float]:
    """Centres: every node as near to the mean of its neighbours as its layer's order and widths allow."""
    centres = [0.0] * len(net.layers)
    apart = [[(net.widths[a] + net.widths[b]) / 2 + GAP for a, b in pairwise(row)] for row in net.rows]
    weights = [[1.0 if node < net.nodes else YIELDING for node in row] for row in net.rows]
    pulls = [
        [(other, _pull(net, node, other)) for other in net.above[node] + net.below[node]]
        for node in range(len(net.layers))
    ]
    for time in range(RELAXATIONS):
        order = range(len(net.rows)) if time % 2 == 0 else range(len(net.rows) - 1, -1, -1)
        for layer in order:
            row = net.rows[layer]
            wished = [_pulled(pulls[node], centres) for node in row]
            for node, centre in zip(row, spread(wished, apart[layer], weights[layer]), strict=True):
                centres[node] = centre
    return centres


def _pull(net: _Net, node: int, other: int) -> float:
    lanes = (node >= net.nodes) + (other >= net.nodes)
    return (1.0, LOOSE, STRAIGHT)[lanes]


def _pulled(pulls: list[tuple[int, float]], centres: list[float]) -> float:
    """The mean of the neighbours' centres; the middle for a node without any."""
    total = sum(weight for _, weight in pulls)
    return sum(weight * centres[other] for other, weight in pulls) / total if pulls else 0.0


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
