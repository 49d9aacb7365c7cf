"""Comparison finds a planted difference, and ranks a planted error first."""

import numpy as np
import pytest
import torch
from tests.swapping.modules import Joined, inputs, swapped

from earnest.nn.comparison import decibel, differences, first_difference, operator_errors
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.numerics.grid import grid_of_range
from earnest.runtime.reference import ReferenceBackend


@pytest.fixture
def twin() -> TwinModel:
    """A calibrated model of twins."""
    torch.manual_seed(0)
    return swapped(Joined())


def test_first_difference_is_the_planted_one(twin: TwinModel):
    (x,) = inputs((40,))
    run = ReferenceBackend(lower(twin, {})).run
    assert first_difference(differences(twin, run, x)) is None

    def run_with_a_wrong_value(codes, *, observe):
        def spoil(name: str, value: np.ndarray) -> None:
            changed = value.copy()
            if name in ("right", "head"):
                changed.reshape(-1)[:3] += 1
            observe(name, changed)

        return run(codes, observe=spoil)

    found = differences(twin, run_with_a_wrong_value, x)
    assert [(d.name, d.differing) for d in found if d.differing] == [("right", 3), ("head", 3)]
    assert first_difference(found).name == "right"


def test_coarse_grid_is_ranked_first(twin: TwinModel):
    (x,) = inputs((40,))
    edge = twin.twin("right").output
    low, high = edge.grid.range
    edge.set_(grid_of_range(5000 * low, 5000 * high, bits=edge.bits, symmetric=edge.symmetric))
    errors = operator_errors(twin, x)
    assert errors[0].name == "right"
    assert errors == sorted(errors, key=lambda error: error.added)
    assert {error.name for error in errors} == {c.name for c in twin.calls if twin.twin(c.name).kind != "slice"} - {
        name for name in (c.name for c in twin.calls) if twin.twin(name).kind in ("scaled", "concat", "reshape")
    }


def test_decibel():
    signal = torch.tensor([3.0, 4.0])
    assert decibel(signal, signal + torch.tensor([0.3, 0.4])) == pytest.approx(20.0, abs=1e-5)
