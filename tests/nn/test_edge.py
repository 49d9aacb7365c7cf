"""Edges: grids that are calibrated, fixed and derived from others, and what they refuse."""

import pytest
import torch
from tests.nn.grids import grid
from tests.nn.specimen import edge, narrow, parameter

from earnest.errors import CalibrationError
from earnest.nn.edge import CalibratedEdge, FixedEdge, ProductEdge, ScaledEdge
from earnest.nn.twins.add import Add
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.matmul import MatMul
from earnest.numerics.grid import Grid


def test_a_scaling_of_a_scaling_multiplies_and_follows_its_source() -> None:
    source = edge(8, scale=0.5)
    twice = ScaledEdge(ScaledEdge(source, 3.0), 0.25)
    assert (twice.grid.scale, twice.grid.zero_point, twice.bits) == (0.375, 0, 8)
    before = twice.version()
    source.scale.fill_(2.0)
    assert twice.grid.scale == 1.5
    assert twice.version() != before


def uncalibrated(name: str) -> CalibratedEdge:
    return CalibratedEdge(name, bits=8, symmetric=False, role="activation", method="extremes", margin=1.0)


def test_derived_edges_pass_a_change_on() -> None:
    a, b = edge(scale=0.5), edge(scale=0.25)
    product = ProductEdge(a, b, bits=24, depth=4)
    twin = Add([product], narrow(16, 100.0), factors=(1.0,))
    law = twin.law()
    b.set_(grid(0.125))
    assert product.grid.scale == 0.0625
    assert twin.law() is not law
    matmul = MatMul([ScaledEdge(a, 2.0), b], narrow(8, 50.0))
    law = matmul.law()
    a.set_(grid(1.0))
    assert matmul.law() is not law
    a.set_(grid(1.0))
    norm = LayerNorm([a], b, weight=parameter(4), bias=parameter(4), epsilon=1e-5)
    law = norm.law()
    norm.weight.detach().mul_(2)
    assert norm.law() is not law


def test_fixed_edges_never_change() -> None:
    fixed = FixedEdge(bits=8, signed=False, scale=1 / 255)
    assert fixed.grid is fixed.grid
    assert (fixed.version(), fixed.codes) == ((), (0, 255))


@pytest.mark.parametrize("place", [0, 1])
def test_an_edge_without_a_grid_is_an_error_that_names_its_path(place: int) -> None:
    edges = [edge(), edge()]
    edges[place] = uncalibrated("encoder.layers.3.linear")
    with pytest.raises(CalibrationError, match=r"encoder\.layers\.3\.linear: no range yet; run earnest\.calibrate"):
        Add([edges[0]], edges[1], factors=(1.0,))(torch.zeros(2), symbols={})
    with pytest.raises(CalibrationError, match=r"encoder\.layers\.3\.linear"):
        edges[place].real(torch.zeros(2))


def test_a_grid_of_another_width_is_refused() -> None:
    with pytest.raises(CalibrationError, match="expected a grid of 8 bits"):
        uncalibrated("x").set_(grid(0.1, bits=16))
    with pytest.raises(CalibrationError, match="symmetric True"):
        edge(symmetric=True).set_(grid(0.1, zero_point=1))
    with pytest.raises(CalibrationError, match="expected a width"):
        FixedEdge(bits=12, signed=True, scale=1.0)


def test_the_gradient_passes_inside_the_range_only():
    edge = CalibratedEdge("x", bits=4, symmetric=True, role="activation", method="extremes", margin=1.0)
    edge.set_(Grid(bits=4, signed=True, scale=0.5, zero_point=0))
    x = torch.tensor([-9.0, -0.3, 0.25, 0.6, 9.0], requires_grad=True)
    y = edge.nearest(x)
    assert y.tolist() == [-4.0, -0.5, 0.5, 0.5, 3.5]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0, 1, 1, 1, 0]
