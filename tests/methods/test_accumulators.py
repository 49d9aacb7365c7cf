"""Narrow accumulators: what the verifier refuses is accepted afterwards, and what fits is not touched."""

from dataclasses import replace

import pytest
import torch
from tests.nn.tiny import WIDTH, Original, tiny_model
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.errors import NumericsError, ProgramError
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import verify
from earnest.methods.accumulators import accumulate_
from earnest.methods.gptq import gptq_
from earnest.nn.comparison import differences, first_difference
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real
from earnest.nn.twins.linear import Linear
from earnest.runtime.reference import ReferenceBackend


def inputs() -> list[Tensor]:
    generator = torch.Generator().manual_seed(8)
    mix = torch.randn(WIDTH, WIDTH, generator=generator)
    return [torch.randn(1, 40, WIDTH, generator=generator) @ mix + 1 for _ in range(6)]


def device(bits: int) -> Target:
    return replace(load_target("int8x16"), accumulator_bits=bits)


def made(original: Original | None = None) -> TwinModel:
    return gptq_(calibrate(tiny_model(original or Original()), inputs()), inputs())


def error(model: TwinModel, goal: list[Tensor]) -> float:
    with torch.no_grad():
        return sum(float((model(x) - y).square().mean()) for x, y in zip(inputs(), goal, strict=True))


def test_what_is_refused_is_accepted_afterwards():
    model = made()
    with torch.no_grad():
        goal = [run_real(calibrate(tiny_model(Original()), inputs()), x) for x in inputs()]
    before, power = error(model, goal), sum(float((y - y.mean()).square().mean()) for y in goal)
    with pytest.raises(ProgramError, match="accumulator can reach"):
        verify(lower(model, {}), device(16))
    assert accumulate_(model, inputs(), device(16)) is model
    program = lower(model, {})
    certificate = verify(program, device(16))
    assert certificate.accumulator_bits <= 16
    assert first_difference(differences(model, ReferenceBackend(program, exact=True).run, inputs()[0])) is None
    assert before < error(model, goal) < 0.01 * power


def test_sums_near_the_limit_are_kept():
    """No row gives up more than it has to: the best of several scales uses at least half of the accumulator."""
    model = accumulate_(made(), inputs(), device(16))
    certificate = verify(lower(model, {}), device(16))
    widest = [certificate.widest[f"{name}:accumulator"] for name in ("block.up", "block.down", "head")]
    assert all((1 << 14) < bound < (1 << 15) for bound in widest)


@pytest.mark.parametrize("bits", [24, 32, 64])
def test_a_program_that_fits_is_not_changed(bits: int):
    model = made()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    after = accumulate_(model, inputs(), device(bits)).state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_only_rows_that_are_too_wide_change():
    original = Original()
    with torch.no_grad():
        original.up.weight[3, 1:] = 0.0
        original.up.bias.zero_()
    model = calibrate(tiny_model(original), inputs())
    twin = model.twin("block.up")
    assert isinstance(twin, Linear)
    before = twin.law().weight.copy()  # type: ignore[attr-defined]
    accumulate_(model, inputs(), device(16))
    after = twin.law().weight  # type: ignore[attr-defined]
    assert (after[3] == before[3]).all()
    assert (after != before).any()


def test_a_row_that_cannot_fit_is_named():
    model = tiny_model(Original())
    calibrate(model, inputs())
    twin = model.twin("block.up")
    assert isinstance(twin, Linear)
    twin.weight_bits, twin.weight_maps = 8, ("odd",)
    tiny = replace(device(16), accumulator_bits=8)
    with pytest.raises(NumericsError, match=r"^block\.up: .*8-bit accumulators"):
        _odd(model, tiny)


def _odd(model: TwinModel, target: Target) -> None:
    """With 4-bit odd codes, which no scale brings to 0."""
    twin = model.twin("block.up")
    assert isinstance(twin, Linear)
    twin.weight_bits = 4
    twin.choose_levels_()
    accumulate_(model, inputs(), target)
