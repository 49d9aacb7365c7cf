"""A twin's law is built anew when a weight or a grid has changed, and only then."""

import copy
from collections.abc import Callable

import pytest
import torch
from tests.nn.specimen import edge, narrow, parameter
from torch import nn

from earnest.errors import CalibrationError
from earnest.nn.edge import CalibratedEdge, FixedEdge, ProductEdge, ScaledEdge
from earnest.nn.twins.add import Add
from earnest.nn.twins.constant import Constant
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.matmul import MatMul
from earnest.numerics.grid import Grid


def linear() -> Linear:
    return Linear(
        [narrow(8, 2.0)],
        narrow(8, 1.0),
        weight=parameter(3, 4),
        bias=parameter(3),
        weight_bits=4,
        weight_map="symmetric",
        weight_range="extremes",
        weight_group=0,
    )


def grid(scale: float, zero_point: int = 0, bits: int = 8) -> Grid:
    return Grid(bits=bits, signed=True, scale=scale, zero_point=zero_point)


def uncalibrated(name: str) -> CalibratedEdge:
    return CalibratedEdge(name, bits=8, symmetric=False, role="activation", method="extremes", margin=1.0)


def test_nothing_changed_gives_the_very_same_object() -> None:
    twin = linear()
    law = twin.law()
    twin(torch.zeros(2, 4), symbols={}).sum().backward()
    twin.eval()
    with torch.inference_mode():
        twin(torch.zeros(2, 4), symbols={})
    assert twin.law() is law


def _step(twin: Linear) -> None:
    twin.weight.grad = torch.ones_like(twin.weight)
    torch.optim.SGD([twin.weight], lr=0.5).step()


CHANGES: dict[str, Callable[[Linear], object]] = {
    "optimiser": _step,
    "element of the weight": lambda twin: twin.weight.detach().__setitem__((0, 0), 0.123),
    "bias": lambda twin: twin.bias.detach().add_(1.0),  # type: ignore[union-attr]
    "weight replaced": lambda twin: setattr(twin, "weight", parameter(3, 4, seed=8)),
    "data of the weight": lambda twin: setattr(twin.weight, "data", -twin.weight.data),
    "scale of the weight": lambda twin: twin.weight_scale.mul_(1.5),
    "input grid": lambda twin: twin.operands[0].set_(grid(0.3, 5)),  # type: ignore[attr-defined]
    "output grid": lambda twin: twin.output.set_(grid(0.3, 5)),  # type: ignore[attr-defined]
    "zero point alone": lambda twin: twin.output.zero_point.add_(1),  # type: ignore[operator]
    "loaded state": lambda twin: twin.load_state_dict({k: v + 1 for k, v in twin.state_dict().items()}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_gives_the_law_that_a_new_twin_would_have(change: Callable[[Linear], object]) -> None:
    twin, codes = linear(), torch.randint(-128, 128, (50, 4), generator=torch.Generator().manual_seed(0)).float()
    law, before = twin.law(), twin(codes, symbols={})
    change(twin)
    after = twin(codes, symbols={})
    assert twin.law() is not law
    assert not torch.equal(before, after)
    twin._law = None
    assert torch.equal(twin(codes, symbols={}), after)


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


def test_a_copy_builds_a_law_of_its_own() -> None:
    """The versions of copied buffers begin anew: after one change of grid the old key could match by accident."""
    model = nn.ModuleList([edge(), edge()])
    source, output = model
    assert isinstance(source, CalibratedEdge)
    twin = Add([source], output, factors=(1.0,))  # type: ignore[list-item]
    model.append(twin)
    for scale in (0.3, 0.4, 0.45):
        source.set_(grid(scale))
        law = twin.law()
        copied = copy.deepcopy(model)
        assert copied[2]._law is None
        copied[0].set_(grid(0.7))  # type: ignore[operator]
        assert copied[2].operands[0] is copied[0]
        assert copied[2].law().multipliers != law.multipliers  # type: ignore[operator]
        assert twin.law() is law


def test_state_that_is_assigned_counts_as_a_change() -> None:
    """Another tensor of the same version is another grid."""
    source, output = edge(scale=0.05), edge(scale=0.1)
    twin = Add([source], output, factors=(1.0,))
    law = twin.law()
    state = {
        "scale": torch.zeros((), dtype=torch.float64).fill_(0.07),
        "zero_point": torch.zeros((), dtype=torch.int64).fill_(0),
    }
    source.load_state_dict(state, assign=True)
    assert twin.law().multipliers != law.multipliers  # type: ignore[attr-defined]


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


def test_a_constant_follows_its_parameter() -> None:
    twin = Constant(edge(scale=1.0), value=nn.Parameter(torch.zeros(3)))
    assert twin(symbols={}).tolist() == [0, 0, 0]
    with torch.no_grad():
        twin.value.copy_(torch.tensor([1.0, 2.5, -300.0]))
    assert twin(symbols={}).tolist() == [1, 3, -128]
