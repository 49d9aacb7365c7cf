"""A run begins at what another one learnt: what has its width stays as it is, the rest is rounded by the methods."""

import copy
from collections.abc import Callable

import pytest
import torch
from tests.methods.stacked import stacked
from tests.training.tiny_latents import BATCHES, begun, rounded
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.errors import EarnestError
from earnest.integer.target import load_target
from earnest.integer.verifier import verify
from earnest.methods.rounding import gptq_, own_weights
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real
from earnest.nn.weighted import Weighted
from earnest.pipeline import Prepared
from earnest.swapping.recipe import Recipe
from earnest.training.beginnings import begun_from, learnt_weight
from earnest.training.latents import Latents, give_biases_, reals
from earnest.training.rulers import calibrated_edges

NARROWED = (1, 3)
"""The weights of a model of 4-bit ones that get 2 bits."""


def taught(bits: int = 4) -> tuple[Latents, TwinModel]:
    """Latents that have moved everywhere, and the twins that they give."""
    model, _ = rounded(bits)
    latents = begun(model)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in latents.parameters():
            parameter.mul_(1.02).add_(0.05 * torch.randn(parameter.shape, generator=generator))
    latents.write_([model], 0)
    return latents, model


def prepared(model: TwinModel, *methods: str) -> Prepared:
    recipe = Recipe(name="tiny", description="-", methods=list(methods), rule=[])
    batches, target = tuple(BATCHES), load_target("int8x16")
    return Prepared(
        twin=model, twins=lambda _: model, recipe=recipe, target=target, batches=batches, heard=(), measured=None
    )


def narrow(*numbers: int) -> TwinModel:
    """Calibrated twins of 4-bit weights, but for these of 2 bits, before anything was learnt: of other values."""
    model = stacked(4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.3)
    for number in numbers:
        own_weights(model)[number].weight_bits = 2
        own_weights(model)[number].choose_levels_()
    return give_biases_(calibrate(model, BATCHES))


def codes(twin: Weighted) -> Tensor:
    return torch.from_numpy(twin.law().weight)  # type: ignore[attr-defined]


def grids(model: TwinModel) -> list[object]:
    return [edge.grid for edge in calibrated_edges(model)]


def from_(learnt: dict[str, Tensor], model: TwinModel, *methods: str) -> TwinModel:
    """Twins at the first step of a run that starts from this state."""
    begun_from(learnt, prepared(model, *methods), [model], None).write_([model], 0)
    return model


def test_the_same_widths_go_on_as_the_same_program_whatever_was_calibrated() -> None:
    latents, expected = taught()
    found = from_(latents.state_dict(), narrow(), "gptq")
    before, after = lower(expected, {}), lower(found, {})
    assert before.input == after.input
    for one, two in zip(before.steps, after.steps, strict=True):
        for name, constant in one.operator.constants().items():
            assert (constant == two.operator.constants()[name]).all(), (one.name, name)


def test_what_has_another_width_is_rounded_by_the_methods_and_the_rest_stays() -> None:
    latents, wide = taught()
    learnt = latents.state_dict()
    found = from_(learnt, narrow(*NARROWED), "gptq")

    expected = copy.deepcopy(wide)
    for number in NARROWED:
        own = own_weights(expected)[number]
        own.weight_bits = 2
        with torch.no_grad():
            own.weight.copy_(learnt_weight(learnt, number, coded=False))
        own.choose_levels_()
    rounding = gptq_(copy.deepcopy(expected), BATCHES)
    for number, (one, four, two) in enumerate(zip(*map(own_weights, (found, wide, rounding)), strict=True)):
        kept = two if number in NARROWED else four
        assert (codes(one) == codes(kept)).all()
        torch.testing.assert_close(one.weight_scale, kept.weight_scale)
        torch.testing.assert_close(one.bias, kept.bias)
    learnt_biases = {id(own_weights(wide)[number].bias) for number in NARROWED}
    for one, four in zip(reals(found), reals(wide), strict=True):
        assert id(four) in learnt_biases or torch.equal(one, four)
    assert grids(found) == grids(wide)
    verify(lower(found, {}), load_target("int8x16"))

    with torch.no_grad():
        nearest = from_(learnt, narrow(*NARROWED))
        goals = [run_real(expected, x) for x in BATCHES]
        by_gptq, by_nearest = (
            sum(float((model(x) - goal).square().sum()) for x, goal in zip(BATCHES, goals, strict=True))
            for model in (found, nearest)
        )
    assert by_gptq < 0.9 * by_nearest


def test_edges_of_another_width_are_calibrated_on_what_was_learnt() -> None:
    latents, wide = taught()
    model = stacked(4)
    one, wider = calibrated_edges(model)[2], next(edge for edge in calibrated_edges(model) if edge.bits == 16)
    one.bits, wider.bits = 4, 8
    found = from_(latents.state_dict(), give_biases_(calibrate(model, BATCHES)))
    again = copy.deepcopy(found)
    calibrate(again, BATCHES)
    for edge, learnt, seen in zip(*map(calibrated_edges, (found, wide, again)), strict=True):
        assert edge.grid == (learnt.grid if edge.bits == learnt.bits else seen.grid), edge.name


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_learnt_weight_is_what_its_run_would_write(bits: int) -> None:
    latents, model = taught(bits)
    learnt = latents.state_dict()
    for number, own in enumerate(own_weights(model)):
        at_code, before = (learnt_weight(learnt, number, coded=coded) for coded in (True, False))
        torch.testing.assert_close(at_code.float(), own.weight.detach())
        steps = torch.from_numpy(own.steps()).reshape(at_code.shape)
        inside = codes(own).reshape(at_code.shape).abs() < 2 ** (bits - 1) - 1
        assert ((before - at_code).abs()[inside] <= 0.5001 * steps[inside]).all()
        assert (before - at_code).abs().max() > 0


def _without(name: str) -> Callable[[dict[str, Tensor]], object]:
    return lambda learnt: learnt.pop(name)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without("shares.4"), "with other weights"),
        (lambda learnt: learnt.update({"shares.5": torch.zeros(3, 3)}), "with other weights"),
        (lambda learnt: learnt.update({"shares.0": torch.zeros(3, 3)}), "with other weights"),
        (_without("rulers.0.widths"), "widths"),
        (_without("reals.1"), "reals.1"),
        (_without("rulers.0.edge_zeros"), "edge_zeros"),
        (lambda learnt: learnt["rulers.0.widths"].fill_(0), "got another one"),
        (lambda learnt: learnt["rulers.0.scale_0"].fill_(float("nan")), "expected finite"),
    ],
)
def test_a_state_of_another_model_is_refused_in_one_line(
    spoil: Callable[[dict[str, Tensor]], object], message: str
) -> None:
    latents, _ = taught()
    learnt = latents.state_dict()
    spoil(learnt)
    with pytest.raises(EarnestError, match=message) as caught:
        from_(learnt, narrow())
    assert "\n" not in str(caught.value)
