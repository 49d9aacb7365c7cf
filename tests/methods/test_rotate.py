"""Rotation: the float model stays, extremes shrink, and what cannot be turned exactly is left alone."""

import pytest
import torch
from tests.nn.tiny import Original, tiny_model
from tests.nn.tiny import inputs as tiny_inputs
from torch import Tensor, nn

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.methods.rotate import rotate_, rotate_axis, turns
from earnest.methods.rotate_core import rotation
from earnest.models.conformer.config import ConformerConfig
from earnest.models.hub.random_weights import random_conformer
from earnest.nn.comparison import differences, first_difference
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real
from earnest.nn.twins.linear import Linear
from earnest.runtime.reference import ReferenceBackend
from earnest.swapping.swap import swap

FEATURES = 16


def conformer(target: str = "int8x16", width: int = 16, heads: int = 2) -> TwinModel:
    config = ConformerConfig(
        features=FEATURES,
        width=width,
        layers=2,
        heads=heads,
        feed_forward=20,
        kernel=5,
        channels=4,
        classes=7,
        max_frames=200,
    )
    return swap(random_conformer(4, config), "w8a8", target, features=FEATURES, longest=200)


def features() -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(1, time, FEATURES, generator=generator) for time in (64, 41)]


@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_both_rotations_of_every_attention_are_found(target: str) -> None:
    model = conformer(target)
    found = [
        ({twin.path.split(".")[-1] for twin in turn.makers}, len(turn.constants), len(turn.readers), turn.size)
        for turn in turns(model)
    ]
    scores = ({"linear_q", "linear_k", "linear_pos"}, 2, 0, 8)
    values = ({"linear_v"}, 0, 1, 8)
    assert sorted(found, key=str) == sorted([scores, values] * 2, key=str)


@pytest.mark.parametrize(("width", "heads"), [(16, 2), (12, 2), (24, 3), (12, 12)])
def test_the_float_model_stays_the_same_function(width: int, heads: int) -> None:
    model = conformer(width=width, heads=heads)
    goal = [run_real(model, x) for x in features()]
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    assert rotate_(model, features()) is model
    for x, y in zip(features(), goal, strict=True):
        assert torch.allclose(run_real(model, x), y, rtol=0, atol=1e-5)
    changed = {name.split(".")[-2] for name, p in model.named_parameters() if not torch.equal(before[name], p)}
    if heads == width:
        assert not changed, "a head of one channel has nothing to turn"
    else:
        assert {"linear_q", "linear_k", "linear_v", "linear_pos", "linear_out"} <= changed
        assert not any("norm" in name or "feed" in name or "conv" in name for name in changed)


def test_a_channel_that_stands_out_is_spread() -> None:
    """The range that the values' codes have to reach shrinks."""
    models = [conformer(), conformer()]
    for model in models:
        for call in model.calls:
            twin = model.twin(call.name)
            if isinstance(twin, Linear) and twin.path.endswith("linear_v"):
                with torch.no_grad():
                    twin.weight[3] *= 30
    plain, other = models
    rotate_(other, features())
    for model in models:
        calibrate(model, features())
    names = [call.name for call in plain.calls if call.name.endswith("linear_v")]
    assert len(names) == 2
    assert all(other.edge(name).grid.scale < 0.6 * plain.edge(name).grid.scale for name in names)


def test_the_program_is_that_of_the_twins() -> None:
    model = conformer()
    plain = lower(calibrate(conformer(), features()), {})
    program = lower(calibrate(rotate_(model, features()), features()), {})
    verify(program, load_target("int8x16"))
    assert [step.operator.kind for step in program.steps] == [step.operator.kind for step in plain.steps]
    found = differences(model, ReferenceBackend(program, exact=True).run, features()[0])
    assert first_difference(found) is None


def test_nothing_to_turn_gives_the_model_itself() -> None:
    model = tiny_model(Original())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert turns(model) == []
    after = rotate_(model, tiny_inputs()).state_dict()
    assert all(torch.equal(after[name].nan_to_num(), tensor.nan_to_num()) for name, tensor in before.items())


class Attention(nn.Module):
    """One head; a function between the values and what reads them if `bent`, the keys read twice if `shared`."""

    def __init__(self, *, bent: bool, shared: bool) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.q, self.k, self.v, self.out = (nn.Linear(FEATURES, FEATURES) for _ in range(4))
        self.bent, self.shared = bent, shared

    def forward(self, x: Tensor) -> Tensor:
        """[batch, time, FEATURES]."""
        key = self.k(x)
        mixed = torch.softmax(self.q(x) @ key.transpose(1, 2), dim=-1) @ self.v(x)
        result = self.out(torch.tanh(mixed) if self.bent else mixed)
        return result + torch.sigmoid(key) if self.shared else result


@pytest.mark.parametrize("bent", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_what_something_else_reads_is_left_alone(bent: bool, shared: bool) -> None:
    model = swap(Attention(bent=bent, shared=shared).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)
    makers = [{twin.path for twin in turn.makers} for turn in turns(model)]
    assert makers == [*([] if shared else [{"q", "k"}]), *([] if bent else [{"v"}])]
    goal = run_real(model, features()[0])
    assert torch.allclose(run_real(rotate_(model, features()), features()[0]), goal, atol=1e-5)


def test_blocks_are_turned_alike() -> None:
    values, matrix = torch.randn(3, 8, 2), rotation(4)
    found = rotate_axis(values, matrix, 1)
    for block in (slice(0, 4), slice(4, 8)):
        wanted = (values[:, block].double().transpose(1, 2) @ matrix).transpose(1, 2)
        assert torch.allclose(found[:, block].double(), wanted, atol=1e-6)


def test_no_inputs_are_refused() -> None:
    with pytest.raises(CalibrationError, match="at least one"):
        rotate_(tiny_model(Original()), [])
