"""Layers, orders and places of a drawn graph."""

from itertools import pairwise, product

import pytest

from earnest.judge.page.layering import GAP, MOST, crossings, layered, longest_paths, spread

DIAMOND = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)]


def test_a_node_lies_behind_all_that_it_reads():
    assert longest_paths(4, DIAMOND) == [0, 1, 1, 2]
    assert longest_paths(4, [(0, 1), (1, 2), (2, 3), (0, 3)]) == [0, 1, 2, 3]


def test_a_node_that_reads_nothing_lies_just_before_its_reader():
    assert longest_paths(5, [(0, 1), (1, 2), (2, 4), (3, 4)]) == [0, 1, 2, 2, 3]


def test_a_node_without_edges_has_a_place():
    found = layered([30.0, 40.0], [])
    assert found is not None
    assert found.layers == [0, 0]
    assert found.centres[1] - found.centres[0] >= 35 + GAP


def test_nothing_is_drawn_of_nothing():
    found = layered([], [])
    assert found is not None
    assert found.centres == []


def test_nodes_of_a_layer_do_not_touch():
    widths = [40.0, 120.0, 20.0, 90.0, 60.0, 10.0]
    found = layered(widths, [(0, n) for n in range(1, 5)] + [(n, 5) for n in range(1, 5)])
    assert found is not None
    row = sorted(range(1, 5), key=found.centres.__getitem__)
    apart = [found.centres[b] - found.centres[a] - (widths[a] + widths[b]) / 2 - GAP for a, b in pairwise(row)]
    assert min(apart) > -1e-6
    assert min(c - w / 2 for c, w in zip(found.centres, widths, strict=True)) == pytest.approx(0)


def test_a_chain_is_straight():
    found = layered([50.0, 100.0, 20.0, 70.0], [(0, 1), (1, 2), (2, 3)])
    assert found is not None
    assert max(found.centres) - min(found.centres) < 1e-6


def test_an_edge_passes_every_layer_between_its_ends_and_no_node():
    widths = [40.0, 80.0, 80.0, 40.0]
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    found = layered(widths, edges)
    assert found is not None
    route = found.routes[edges.index((0, 3))]
    assert len(route) == 4
    assert [route[0], route[-1]] == [found.centres[0], found.centres[3]]
    assert all(abs(route[n] - found.centres[n]) > widths[n] / 2 for n in (1, 2))


def test_edges_are_uncrossed_where_they_can_be():
    found = layered([10.0] * 6, [(0, 5), (1, 4), (2, 3)])
    assert found is not None
    above = sorted(range(3), key=found.centres.__getitem__)
    assert sorted((3, 4, 5), key=found.centres.__getitem__) == [5 - n for n in above]


def test_crossings_are_counted():
    below = [[3], [2, 3], [2]]
    assert crossings([0, 1, 2], below, {2: 0, 3: 1}) == 3
    assert crossings([2, 1, 0], below, {2: 0, 3: 1}) == 0


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (1.0, 0.25, 4.0)])
def test_spread_is_the_nearest_that_is_allowed(weights):
    wished, apart = [3.0, 1.0, 2.0], [2.0, 1.0]

    def cost(places):
        return sum(w * (p - d) ** 2 for w, p, d in zip(weights, places, wished, strict=True))

    found = spread(wished, apart, weights)
    assert all(b - a >= gap - 1e-9 for (a, b), gap in zip(pairwise(found), apart, strict=True))
    grid = [n / 8 for n in range(-24, 49)]
    allowed = [p for p in product(grid, repeat=3) if p[1] - p[0] >= apart[0] and p[2] - p[1] >= apart[1]]
    assert cost(found) <= min(map(cost, allowed)) + 1e-9


def test_spread_leaves_alone_what_is_allowed():
    assert spread([0.0, 5.0, 9.0], [2.0, 3.0], [1.0, 1.0, 1.0]) == [0.0, 5.0, 9.0]


def test_a_graph_too_large_to_read_is_not_laid_out():
    assert layered([10.0] * (MOST + 1), []) is None
    many = 60
    chain = [(n, n + 1) for n in range(many)]
    assert layered([10.0] * (many + 1), chain) is not None
    assert layered([10.0] * (many + 1), chain + [(a, many) for a in range(many)]) is None
