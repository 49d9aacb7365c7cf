"""GPTQ on twins: what they compute comes nearer to the float model, and is what their program computes."""

import copy

import pytest
import torch
from tests.nn.tiny import WIDTH, Original, inputs, tiny_model
from tests.swapping.modules import FEATURES
from tests.swapping.modules import inputs as features_of
from tests.swapping.remembering import Remembering
from torch import Tensor, nn
from torch.nn import functional

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.methods.gptq import gptq_
from earnest.methods.moments import Moments, moments, rows_of
from earnest.nn.edge import CalibratedEdge
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real
from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.conv2d import Convolution2d
from earnest.nn.twins.gru import GatedRecurrentUnit
from earnest.nn.twins.recurrence import Recurrence, arguments
from earnest.nn.twins.weighted import Weighted
from earnest.swapping.swap import swap


def correlated(count: int, time: int, seed: int = 1) -> list[Tensor]:
    """Inputs whose channels move together, as those of a trained network do."""
    mix = torch.randn(WIDTH, WIDTH, generator=torch.Generator().manual_seed(5)) * torch.logspace(0, -2, WIDTH)
    return [x @ mix for x in inputs(count=count, time=time, width=WIDTH, seed=seed)]


def calibrated(bits: int) -> tuple[TwinModel, list[Tensor]]:
    """Twins of a tiny model with weights of so many bits, and what they are calibrated on."""
    batches = correlated(24, 19)
    return calibrate(tiny_model(Original(), weight_bits=bits), batches), batches


def error(model: TwinModel, batches: list[Tensor], goal: list[Tensor]) -> float:
    with torch.no_grad():
        return sum(float((model(x) - y).square().mean()) for x, y in zip(batches, goal, strict=True)) / len(batches)


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_the_result_comes_nearer_to_float(bits: int):
    model, batches = calibrated(bits)
    with torch.no_grad():
        unseen = correlated(8, 23, seed=99)
        goal = [run_real(model, x) for x in unseen]
    before = error(model, unseen, goal)
    assert gptq_(model, batches) is model
    assert error(model, unseen, goal) < 0.8 * before


def test_nothing_float_is_left_behind():
    model, batches = calibrated(3)
    gptq_(model, batches)
    program = lower(model, {})
    verify(program, load_target("int8x16"))
    for call in model.calls:
        twin = model.twin(call.name)
        if isinstance(twin, Weighted):
            codes = torch.from_numpy(twin.law().weight)  # type: ignore[attr-defined]
            scale = twin.effective_scale().reshape(-1, *(1,) * (codes.ndim - 1))
            assert torch.allclose(codes * scale, twin.weight.double(), rtol=1e-6, atol=0)


def test_eight_bits_hardly_change():
    model, batches = calibrated(8)
    before = copy.deepcopy(model)
    gptq_(model, batches)
    with torch.no_grad():
        far = max(float((model(x) - before(x)).abs().max()) for x in batches)
        spread = float(before(batches[0]).std())
    assert far < 0.1 * spread


def test_no_inputs_are_refused():
    model, _ = calibrated(4)
    with pytest.raises(CalibrationError, match="at least one"):
        gptq_(model, [])


def edge() -> CalibratedEdge:
    return CalibratedEdge("x", bits=8, symmetric=True, role="activation", method="extremes", margin=1.0)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("axes", [1, 2])
def test_rows_are_what_weights_multiply(axes: int, groups: int):
    """Rows times weights are the convolution, by torch's own."""
    kind, convolve = ((Convolution1d, functional.conv1d), (Convolution2d, functional.conv2d))[axes - 1]
    weight = nn.Parameter(torch.randn(12, 6 // groups, *(3, 2)[:axes], dtype=torch.float64))
    windows = {"strides": (2, 1)[:axes], "padding": (1, 2)[:axes], "dilations": (1, 2)[:axes], "groups": groups}
    fixed = {"weight_bits": 8, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}
    twin = kind([edge()], edge(), weight=weight, bias=None, **windows, **fixed)
    x = torch.randn(2, 6, *(9, 7)[:axes], dtype=torch.float64)
    made = rows_of(twin, x, x) @ weight.detach().reshape(groups, 12 // groups, -1).transpose(1, 2)
    expected = convolve(x, weight, None, windows["strides"], windows["padding"], windows["dilations"], groups)
    expected = expected.reshape(2, groups, 12 // groups, -1).permute(1, 0, 3, 2).flatten(1, 2)
    assert torch.allclose(made, expected)


def test_moments_are_those_of_all_rows():
    model, batches = calibrated(4)
    found = moments(model, batches, ["block.up"])["block.up"]
    seen: list[Tensor] = []
    for x in batches:
        values: dict[str, Tensor] = {}
        with torch.no_grad():
            run_real(model, x, values.__setitem__)
        (name,) = next(call.inputs for call in model.calls if call.name == "block.up")
        seen.append(values[name].reshape(-1, values[name].shape[-1]))
    rows = torch.cat(seen).double()
    assert torch.allclose(found.covariance[0], torch.cov(rows.T, correction=0), rtol=1e-5, atol=1e-6)
    assert torch.allclose(found.mean[0], rows.mean(dim=0), rtol=1e-5, atol=1e-6)
    assert torch.allclose(found.high[0].double(), rows.amax(dim=0).clamp_min(0))
    assert torch.allclose(found.low[0].double(), rows.amin(dim=0).clamp_max(0))


def test_rows_that_hardly_vary_have_a_covariance_that_is_positive() -> None:
    """Float32 products leave 2^-18 of the power; the variance here is 2^-26 of it. Rows that vary are left alone."""
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(1, 3000, 6, generator=generator)
    mean = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
    for spread, least in ((2.0**-13, 2.0**-17), (1.0, 0.5)):
        seen = Moments()
        seen.add_(mean + spread * noise)
        assert float(torch.linalg.eigvalsh(seen.covariance).min()) > least
    exact = (noise - noise.mean(dim=1, keepdim=True)).double()
    torch.testing.assert_close(seen.covariance, exact.transpose(1, 2) @ exact / 3000, atol=1e-4, rtol=0)


def test_shared_weights_are_refused():
    """A module that is called twice has one weight, and two sets of inputs."""
    model, batches = calibrated(4)
    up = model.twin("block.up")
    assert isinstance(up, Weighted)
    again = type(up)(
        up.operands,
        edge(),
        weight=up.weight,
        bias=up.bias,
        weight_bits=4,
        weight_map="symmetric",
        weight_range="extremes",
        weight_group=0,
    )
    model.place_("again", again, ["input"])
    with pytest.raises(CalibrationError, match=r"again: expected weights of its own, got those of block\.up"):
        gptq_(model, batches)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_recurrence_multiplies_what_it_made_a_step_before(reverse: bool):
    """torch's single step from these rows is the result."""
    weight = nn.Parameter(torch.randn(12, 4, generator=torch.Generator().manual_seed(1)))
    settings = {"weight_bits": 8, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}
    twin = GatedRecurrentUnit([arguments()], edge(), weight=weight, bias=None, reverse=reverse, **settings)
    x = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        made = twin.real([x], [weight], {})
        rows = rows_of(twin, x, made)
        cell = nn.GRUCell(12, 4, bias=False)
        cell.weight_ih.copy_(torch.eye(12))
        cell.weight_hh.copy_(weight)
        torch.testing.assert_close(cell(x.reshape(-1, 12), rows[0]), made.reshape(-1, 4))


def test_the_arguments_of_a_recurrence_come_nearer_to_float():
    """What the codes of their weights add on other recordings, with the bias that keeps their mean."""
    twins = swap(Remembering("lstm", gain=1.5).eval(), "w4a8", "int8x16", features=FEATURES, longest=200)
    calibrated_on, unseen = features_of((60, 50, 40, 61, 51, 41)), features_of((70, 33))
    calibrate(twins, calibrated_on)
    (path,) = (call.name for call in twins.calls if call.name.startswith("memory.lstm"))
    (twin,), real = [each for each in twins.modules() if isinstance(each, Recurrence)], copy.deepcopy(twins.twin(path))
    seen: dict[str, Tensor] = {}
    with torch.no_grad():
        rows = []
        for x in unseen:
            run_real(twins, x, seen.__setitem__)
            rows.append(twin.before(seen[path]).reshape(-1, twin.weight.shape[1]))

    def far() -> float:
        with torch.no_grad():
            weight, bias = twin.quantized()
            wanted, own = real.trainable()
            return float((torch.cat(rows) @ (weight - wanted).T + bias - own).square().mean())

    before = far()
    gptq_(twins, calibrated_on)
    assert far() < 0.8 * before
