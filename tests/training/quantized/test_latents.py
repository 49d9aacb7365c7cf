"""Latents begin where rounding left a model, are its program again when written, and follow their gradients."""

import copy

import numpy as np
import pytest
import torch
from tests.methods.stacked import stacked
from tests.training.tiny_latents import BATCHES, rounded, values_of

from earnest.calibration.calibrate import calibrate
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.methods.gptq import own_weights
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real
from earnest.numerics.weight import weight_codes
from earnest.training.quantized.latents import Draw, Latents, give_biases_
from earnest.training.quantized.passes import Passes
from earnest.training.quantized.quantizers import rounded_edges


def weights(model: TwinModel) -> list[np.ndarray]:
    return [np.asarray(twin.law().weight) for twin in own_weights(model)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_what_is_written_at_once_is_the_same_program(bits: int) -> None:
    model, real = rounded(bits)
    before = lower(model, {})
    latents, other = Latents([model]), copy.deepcopy(real)
    latents.write_([other], 0)
    after = lower(other, {})
    assert before.input == after.input
    for one, two in zip(before.steps, after.steps, strict=True):
        assert one.operator.kind == two.operator.kind
        for name, constant in one.operator.constants().items():
            assert np.array_equal(constant, two.operator.constants()[name]), (one.name, name)
    verify(after, load_target("int8x16"))


@pytest.mark.parametrize(("bits", "shift"), [(2, 0.0), (4, 0.0), (8, 0.0), (4, 0.04), (4, -0.05)])
def test_a_pass_is_what_the_twins_compute_but_for_what_16_bits_round(bits: int, shift: float) -> None:
    model, real = rounded(bits)
    latents, x = Latents([model]), BATCHES[0]
    with torch.no_grad():
        latents.quantizer(0).edge_zeros.fill_(shift)
    values = values_of(latents)
    latents.write_([model], 0)
    with torch.no_grad():
        law, found = model(x), Passes(model).run(x, values)
        step = model.edge(model.result).grid.scale
        assert ((found - law).abs() / step).max() <= 1.5
        assert ((found - law).abs() / step).mean() < 0.3
        assert (law - run_real(real, x)).abs().mean() > (found - law).abs().mean()


def test_what_was_disturbed_is_learnt_again() -> None:
    model, real = rounded(8)
    latents, passes = Latents([model]), Passes(model)
    with torch.no_grad():
        goals = [run_real(real, x) for x in BATCHES]
        generator = torch.Generator().manual_seed(1)
        for parameter in latents.parameters():
            parameter.mul_(1.02).add_(0.1 * torch.randn(parameter.shape, generator=generator))
    codes, scales = weights(model), [edge.grid.scale for edge in rounded_edges(model)]
    latents.write_([model], 0)
    with torch.no_grad():
        disturbed = sum((model(x) - y).square().mean().item() for x, y in zip(BATCHES, goals, strict=True))
    optimizer = torch.optim.Adam(latents.parameters(), lr=5e-3)
    for _ in range(150):
        values = values_of(latents)
        losses = [(passes.run(x, values) - y).square().mean() for x, y in zip(BATCHES, goals, strict=True)]
        optimizer.zero_grad()
        torch.stack(losses).sum().backward()
        optimizer.step()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in latents.parameters())
    latents.write_([model], 0)
    with torch.no_grad():
        learnt = sum((model(x) - y).square().mean().item() for x, y in zip(BATCHES, goals, strict=True))
    assert learnt < 0.02 * disturbed
    assert any((one != two).any() for one, two in zip(codes, weights(model), strict=True))
    assert scales != [edge.grid.scale for edge in rounded_edges(model)]
    verify(lower(model, {}), load_target("int8x16"))


def shared() -> tuple[list[TwinModel], Latents]:
    """Twins of 4-bit weights that GPTQ has rounded, and of 2-bit ones with the weights that these had before."""
    wide, _ = rounded(4)
    models = [wide, give_biases_(calibrate(stacked(2), BATCHES))]
    latents = Latents(models)
    return models, latents


def test_another_quantizer_reads_the_nearest_of_its_own_levels() -> None:
    models, latents = shared()
    learnt = [twin.effective_scale() for twin in own_weights(models[1])]
    expected = []
    for wide, narrow in zip(*(own_weights(model) for model in models), strict=True):
        real = np.asarray(wide.law().weight) * wide.steps()  # type: ignore[attr-defined]
        expected.append(weight_codes(real, narrow.steps(), bits=2, weight_map=narrow.weight_map))
    latents.write_(models, 1)
    for found, codes in zip(weights(models[1]), expected, strict=True):
        assert np.mean(found != codes) < 0.01, "but where a ratio is rounded to float32 in the middle of two codes"
    for twin, scale in zip(own_weights(models[1]), learnt, strict=True):
        torch.testing.assert_close(twin.weight_scale, scale)


def test_a_draw_takes_each_weight_from_its_own_quantizer() -> None:
    _, latents = shared()
    with torch.no_grad():
        latents.quantizer(1).edges.add_(0.1)
        latents.quantizer(1).edge_zeros.add_(0.1)
    apart = [latents.values(latents.always(number)) for number in (0, 1)]
    drawn = tuple(index % 2 for index in range(len(latents.paths)))
    mixed = latents.values(Draw(drawn, 1))
    for index, number in enumerate(drawn):
        assert torch.equal(mixed[index], apart[number][index])
        assert not torch.equal(mixed[index], apart[1 - number][index])
    for drawn_ones, own, others in zip(mixed[-2:], apart[1][-2:], apart[0][-2:], strict=True):
        assert torch.equal(drawn_ones, own)
        assert not torch.equal(drawn_ones, others)
    torch.stack([value.square().sum() for value in mixed]).sum().backward()
    assert all(share.grad is not None and share.grad.any() for share in latents.shares)
    for index, number in enumerate(drawn):
        assert latents.quantizer(number).reaches[index].grad is not None
        assert latents.quantizer(1 - number).reaches[index].grad is None, "what is not drawn learns nothing"
