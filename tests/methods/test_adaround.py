"""AdaRound on twins: layers and blocks come nearer to the float ones, and are what their program computes."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from tests.methods.stacked import stacked
from tests.methods.test_gptq import correlated
from tests.nn.tiny import differing
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.methods.adaround import adaround_, adaround_blocks_
from earnest.methods.adaround_core import BY_LAYER
from earnest.methods.blocks import blocks
from earnest.methods.descent import output_error
from earnest.methods.gptq import gptq_, grouped, own_weights
from earnest.methods.moments import moments
from earnest.methods.reconstruction import BY_BLOCK, Recording, block_error, pass_on_, set_goals_, start_recording
from earnest.nn import parallel
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real

QUICK = {
    "layers": partial(adaround_, schedule=replace(BY_LAYER, steps=40, rate=0.2)),
    "blocks": partial(adaround_blocks_, schedule=replace(BY_BLOCK, steps=12, rate=0.3)),
}
BOTH = pytest.mark.parametrize("method", QUICK.values(), ids=QUICK.keys())
Method = Callable[..., TwinModel]


def calibrated(bits: int) -> tuple[TwinModel, TwinModel, list[Tensor]]:
    """Twins whose weights are at their nearest codes, the same with float weights, and what they are calibrated on."""
    batches = correlated(24, 19)
    real = calibrate(stacked(bits), batches)
    model = copy.deepcopy(real)
    with torch.no_grad():
        for twin in own_weights(model):
            twin.weight.copy_(twin.quantized()[0])
    return model, real, batches


def rounded(bits: int) -> tuple[TwinModel, TwinModel, list[Tensor]]:
    """The same, by GPTQ."""
    model, real, batches = calibrated(bits)
    model = gptq_(copy.deepcopy(real), batches)
    return model, real, batches


def error(model: TwinModel, real: TwinModel, batches: list[Tensor]) -> float:
    with torch.no_grad():
        return sum(float((model(x) - run_real(real, x)).square().mean()) for x in batches) / len(batches)


def block_errors(model: TwinModel, real: TwinModel, batches: list[Tensor]) -> list[float]:
    """F of every block on what reaches it in the float model."""
    with torch.no_grad():
        recordings: list[Recording] = [start_recording(model, real, batch) for batch in batches]
        found = []
        for part in blocks(model):
            set_goals_(real, part, recordings)
            found.append(block_error(model, part, [replace(one, coded=one.real) for one in recordings]))
            pass_on_(model, part, recordings, {name for other in blocks(model) for name in other.reads})
        return found


def codes(model: TwinModel) -> dict[str, Tensor]:
    return {twin.path: torch.from_numpy(twin.law().weight).clone() for twin in own_weights(model)}  # type: ignore[attr-defined]


def test_blocks_come_nearer_to_float():
    """On recordings that were not calibrated on: the whole model, and each block on what the float model makes."""
    model, real, batches = calibrated(3)
    unseen = correlated(8, 23, seed=99)
    before, each = error(model, real, unseen), block_errors(model, real, unseen)
    assert adaround_blocks_(model, real, batches) is model
    assert error(model, real, unseen) < 0.8 * before
    for new, old in zip(block_errors(model, real, unseen)[1:], each[1:], strict=True):
        assert new < old


def test_layers_come_nearer_to_float():
    """Each weight's own output, which is what it was rounded for."""
    model, real, batches = calibrated(3)
    unseen = correlated(8, 23, seed=99)
    nearest = {twin.path: grouped(twin) for twin in own_weights(model)}
    assert adaround_(model, real, batches) is model
    seen = moments(real, unseen, list(nearest))
    for twin in own_weights(model):
        wanted, c = grouped(real.twin(twin.path)), seen[twin.path].covariance  # type: ignore[arg-type]
        assert output_error(wanted, grouped(twin), c).sum() < output_error(wanted, nearest[twin.path], c).sum()


@BOTH
def test_after_gptq_codes_move_by_one(method: Method):
    model, real, batches = rounded(2)
    before, scales = codes(model), [twin.weight_scale.clone() for twin in own_weights(model)]
    method(model, real, batches)
    after = codes(model)
    assert max(int((after[path] - before[path]).abs().max()) for path in before) <= 1
    assert all(torch.equal(a, b.weight_scale) for a, b in zip(scales, own_weights(model), strict=True))


@BOTH
def test_nothing_float_is_left_behind(method: Method):
    model, real, batches = rounded(3)
    method(model, real, batches)
    program = lower(model, {})
    verify(program, load_target("int8x16"))
    assert set(differing(model, program, batches[0]).values()) == {0}
    for twin in own_weights(model):
        made = torch.from_numpy(twin.law().weight * twin.steps())  # type: ignore[attr-defined]
        assert torch.allclose(made, twin.weight.double(), rtol=1e-6, atol=0)


@BOTH
def test_no_threads_change_anything(method: Method, monkeypatch: pytest.MonkeyPatch):
    found = []
    for cores in (1, 3):
        monkeypatch.setattr(parallel, "CORES", cores)
        model, real, batches = calibrated(3)
        method(model, real, batches)
        found.append([*codes(model).values(), *(twin.bias.detach() for twin in own_weights(model))])  # type: ignore[union-attr]
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_block_that_gets_no_better_stays():
    """Without a step nothing is learnt: what was found is what remains."""
    model, real, batches = rounded(3)
    before = codes(model)
    adaround_blocks_(model, real, batches, schedule=replace(BY_BLOCK, steps=0, trust=1.0))
    assert all(torch.equal(before[path], after) for path, after in codes(model).items())


@BOTH
def test_eight_bits_hardly_change(method: Method):
    model, real, batches = calibrated(8)
    before = copy.deepcopy(model)
    method(model, real, batches)
    with torch.no_grad():
        far = max(float((model(x) - before(x)).abs().max()) for x in batches)
        spread = float(before(batches[0]).std())
    assert far < 0.1 * spread


@BOTH
def test_progress_ends_at_its_total(method: Method):
    model, real, batches = calibrated(3)
    told: list[tuple[int, int]] = []
    method(model, real, batches, lambda done, total: told.append((done, total)))
    assert told == [(done, told[0][1]) for done in range(1, told[0][1] + 1)]


@BOTH
def test_no_inputs_are_refused(method: Method):
    model, real, _ = calibrated(4)
    with pytest.raises(CalibrationError, match="at least one"):
        method(model, real, [])


@BOTH
def test_shared_weights_are_refused(method: Method):
    model, real, batches = calibrated(4)
    first, second = model.twin("layers.0.up"), model.twin("layers.1.up")
    second.weight = first.weight
    with pytest.raises(
        CalibrationError, match=r"layers\.1\.up: expected weights of its own, got those of layers\.0\.up"
    ):
        method(model, real, batches)
