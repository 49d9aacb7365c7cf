"""Equalization: the same function, and outputs that err less; nothing where nothing is to be gained."""

import pytest
import torch
from tests.nn.tiny import inputs
from torch import Tensor, nn
from torch.nn import functional

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError
from earnest.methods.equalization_pairs import equalization_pairs
from earnest.methods.equalize import equalize_
from earnest.methods.equalize_core import Reading, factors
from earnest.nn.model import TwinModel, run_real
from earnest.nn.twins.weighted import Weighted
from earnest.swapping.recipe import Recipe
from earnest.swapping.swap import swap

WIDTH = 12


class Net(nn.Module):
    """Norm to two weights; a gated unit to a depthwise convolution; and a norm that a sum reads, which is no pair."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.left, self.right = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up = nn.Conv1d(WIDTH, 2 * WIDTH, 1)
        self.along = nn.Conv1d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, time, WIDTH] to [batch, time, 5]."""
        y = self.first(x)
        x = x + torch.tanh(self.left(y)) + torch.sigmoid(self.right(y))
        x = x + self.along(functional.glu(self.up(x.transpose(1, 2)), 1)).transpose(1, 2)
        y = self.last(x)
        return self.head(y + x)


def model(bits: int = 4) -> tuple[TwinModel, list[Tensor]]:
    """Twins of the net with a gain and rows of very different sizes."""
    torch.manual_seed(3)
    net = Net().eval()
    with torch.no_grad():
        spread = torch.logspace(-1, 1, WIDTH)
        net.first.weight *= spread
        net.left.weight /= spread
        net.right.weight /= spread
        net.up.weight[:WIDTH] *= spread.flip(0)[:, None, None]
        net.along.weight /= spread.flip(0)[:, None, None]
    recipe = Recipe.model_validate(
        {
            "name": "mine",
            "description": "4 bits",
            "rule": [{"operator": ["linear", "conv1d"], "weight_bits": bits}, {"role": ["activation"], "bits": 8}],
        }
    )
    return swap(net, recipe, "int8x16", features=WIDTH, longest=64), inputs(count=12, time=21, width=WIDTH)


def test_equalization_pairs_are_found():
    twins, _ = model()
    found = {pair.name: [reader.path for reader in pair.readers] for pair in equalization_pairs(twins)}
    assert found == {"first": ["left", "right"], "glu[0]": ["along"]}


def error(twins: TwinModel, batches: list[Tensor], goal: list[Tensor]) -> float:
    with torch.no_grad():
        return sum(float((twins(x) - y).square().mean()) for x, y in zip(batches, goal, strict=True))


def test_the_float_model_stays_and_the_twins_come_nearer():
    twins, batches = model()
    plain, _ = model()
    goal = [run_real(plain, x) for x in batches]
    assert equalize_(twins, batches) is twins
    for x, y in zip(batches, goal, strict=True):
        assert torch.allclose(run_real(twins, x), y, rtol=1e-4, atol=1e-4)
    assert error(calibrate(twins, batches), batches, goal) < 0.7 * error(calibrate(plain, batches), batches, goal)


def test_scales_follow_the_weights():
    twins, batches = model()
    equalize_(twins, batches)
    left = twins.twin("left")
    assert isinstance(left, Weighted)
    largest = left.weight.detach().abs().amax(dim=1).double()
    assert (left.weight_scale * 7 <= largest * (1 + 1e-6)).all()
    assert (left.weight_scale * 7 >= 0.3 * largest * (1 - 1e-6)).all()


def reading(weight: Tensor, covariance: Tensor, *, bits: int) -> Reading:
    depth = weight.shape[2]
    return Reading(
        weight=weight,
        covariance=covariance,
        columns=torch.arange(depth)[None],
        bits=bits,
        weight_map="symmetric",
        group=depth,
        input_bits=8,
    )


def test_equal_channels_stay_as_they_are():
    torch.manual_seed(1)
    weight = torch.randn(1, 64, 8).double().sign()
    found = factors(
        [reading(weight, torch.eye(8).double()[None], bits=4)], -torch.ones(8).double(), torch.ones(8).double()
    )
    assert torch.allclose(found, torch.ones(8).double())


def test_a_channel_that_says_much_is_rounded_more_finely():
    """Its weights become larger beside the others', so that their error is smaller."""
    torch.manual_seed(2)
    power = torch.tensor([100.0, 1, 1, 1, 1, 1, 1, 1]).double()
    weight = torch.randn(1, 64, 8).double()
    found = factors([reading(weight, torch.diag(power)[None], bits=4)], -power.sqrt() * 3, power.sqrt() * 3)
    assert found[0] > 1.5 * found[1:].max()


def test_no_inputs_are_refused():
    twins, _ = model()
    with pytest.raises(CalibrationError, match="at least one"):
        equalize_(twins, [])
