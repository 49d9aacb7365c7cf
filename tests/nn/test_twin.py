"""A twin's law is built anew when a weight or a grid has changed, and only then."""

import copy
from collections.abc import Callable

import pytest
import torch
from tests.nn.grids import grid
from tests.nn.specimen import edge, narrow, parameter
from torch import nn

from earnest.nn.edge import CalibratedEdge
from earnest.nn.twins.add import Add
from earnest.nn.twins.linear import Linear


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
