"""Under pytest the shapes and types of arrays in annotations are checked: what is not what it says is refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float
from torch import Tensor

from array_annotations import ROOMS, checked, names_array
from earnest.calibration.histogram import Extremes, Histogram
from earnest.integer.dimension import Symbols
from earnest.nn.accumulation import TorchAccumulation
from earnest.nn.comparison import decibel
from earnest.nn.edge import FixedEdge
from earnest.nn.functions import in_torch
from earnest.nn.twin import StraightThrough, Twin
from earnest.numerics import weight
from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import multipliers
from earnest.numerics.table import Pointwise

REFUSED: dict[str, Callable[[], object]] = {
    "biases of another number of channels": lambda: weight.live_scales(
        np.ones(3), np.ones(2), Grid(bits=8, signed=True, scale=1.0, zero_point=0), 1.0
    ),
    "integers for reals": lambda: multipliers(np.array([1, 2])),
    "a row for rows": lambda: weight.in_groups(np.ones(3), 3),
    "steps of another shape than the weight's": lambda: weight.weight_codes(
        np.ones((2, 3)), np.ones((3, 2)), bits=4, weight_map="symmetric"
    ),
    "a tensor for an array": lambda: multipliers(torch.ones(2)),  # type: ignore[arg-type]
    "signals of two lengths": lambda: decibel(torch.ones(3), torch.ones(4)),
    "integers for a carrier": lambda: FixedEdge(bits=8, signed=True, scale=1.0).real(torch.ones(3, dtype=torch.int32)),
    "integers of features": lambda: in_torch(Pointwise("relu"), torch.tensor([1])),
    "reals for codes": lambda: TorchAccumulation().matmul(torch.ones(2, 3), torch.ones(3, 2), 9),
    "products of two depths": lambda: TorchAccumulation().matmul(
        torch.ones(2, 3, dtype=torch.int32), torch.ones(4, 2, dtype=torch.int32), 9
    ),
    "integers among what was seen": lambda: Extremes().observe_("x", torch.tensor([1])),
    "weights of other values": lambda: Histogram.over(Extremes()).weigh_(torch.ones(3), torch.ones(2)),
    "a field of a dataclass": lambda: Histogram(low=0.0, high=1.0, counts=np.zeros(3), importance=np.zeros(4)),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_an_array_that_is_not_what_the_annotation_says_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(BeartypeCallHintViolation):
        call()


def test_a_wrong_result_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.ones((2, 4))
    assert weight.in_groups(rows, 2).shape == (2, 2, 2)
    monkeypatch.setattr(np, "pad", lambda array, amounts: np.zeros((2, 4), dtype=int))
    with pytest.raises(BeartypeCallHintViolation, match="return"):
        weight.in_groups(rows, 2)


def test_annotations_of_other_things_are_left_to_the_type_checker() -> None:
    """An int may stand for a float, and a function without arrays is not touched."""
    assert Grid(bits=8, signed=True, scale=1, zero_point=0).scale == 1

    def plain(x: int) -> str:
        return str(x)

    assert checked(plain) is plain
    assert names_array(list[Float[Tensor, " rows"] | None])
    assert not names_array(list[Tensor] | None)


def test_twins_and_their_gradients_are_checked_too() -> None:
    """A twin's forward is, and `torch.autograd.Function` goes on as it did."""

    class Wrong(Twin):
        kind = "wrong"

        def build(self) -> None:  # type: ignore[override]
            raise NotImplementedError

        def real(self, inputs: object, parameters: object, symbols: Symbols) -> Tensor:
            raise NotImplementedError

    edge = FixedEdge(bits=8, signed=True, scale=1.0)
    with pytest.raises(BeartypeCallHintViolation):
        Wrong([edge], edge)(torch.ones(2, dtype=torch.float64), symbols={})
    assert issubclass(StraightThrough, torch.autograd.Function)


def test_the_rooms_are_those_of_arrays() -> None:
    """The law imports NumPy and nothing else, so that it has no such annotations."""
    assert ROOMS == ("earnest.nn", "earnest.numerics", "earnest.calibration")
