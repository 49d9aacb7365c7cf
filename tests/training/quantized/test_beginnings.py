"""A run begins at what another one learnt: what has its width stays as it is, the rest is rounded by the methods."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from tests.methods.stacked import stacked
from tests.training.tiny_latents import BATCHES
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.errors import TrainingError
from earnest.integer.codes import weight_limit
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.methods.gptq import gptq_, own_weights
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.nn.twins.weighted import Weighted
from earnest.pipeline import Prepared, recalibrate_
from earnest.swapping.recipe import Recipe
from earnest.training.quantized.beginnings import begun_from
from earnest.training.quantized.latents import Latents, give_biases_, reals
from earnest.training.quantized.rulers import calibrated_edges

Widths = dict[int, tuple[int, int]]
"""Bits and groups of weights that do not have 4 bits in groups of 8, by their numbers."""

State = dict[str, Tensor]


def twins(widths: Widths | None = None, maps: Sequence[str] = ("symmetric", "odd"), like: float = 1.3) -> TwinModel:
    """Calibrated ones before anything was learnt, whose weights are other ones than those that are learnt; of narrow
    weights one after the other has another of the maps.
    """
    model = stacked(4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(like)
    for number, twin in enumerate(own_weights(model)):
        twin.weight_bits, group = (widths or {}).get(number, (4, 8))
        twin.weight_group = min(group, twin.weight[0].numel())
        twin.weight_maps = (maps[number % len(maps)] if twin.weight_bits < 8 else "symmetric",)
        groups = -(-twin.weight[0].numel() // twin.weight_group)
        twin.group_multiplier = torch.ones((len(twin.weight), groups), dtype=torch.uint8)
    return give_biases_(recalibrate_(model, BATCHES))


def taught(*models: TwinModel) -> tuple[Latents, list[TwinModel]]:
    """Latents of these twins, the first rounded, that have moved everywhere; and the twins that they give."""
    gptq_(models[0], BATCHES)
    latents = Latents(models)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in latents.parameters():
            parameter.mul_(1.02).add_(0.05 * torch.randn(parameter.shape, generator=generator))
        for reach in latents.ruler(0).group_reaches.values():
            reach.add_(0.3)
    for number in range(len(models)):
        latents.write_(models, number)
    return latents, list(models)


def from_(learnt: State, *models: TwinModel, methods: Sequence[str] = ("gptq",)) -> list[TwinModel]:
    """Twins at the first step of a run that starts from this state."""
    recipe = Recipe(name="tiny", description="-", methods=list(methods), rule=[])
    ready = Prepared(
        twin=models[0],
        twins=lambda _: models[0],
        recipe=recipe,
        target=load_target("int8x16"),
        batches=tuple(BATCHES),
        calibration=(),
        measured=None,
    )
    latents = begun_from(learnt, ready, models, None)
    for number in range(len(models)):
        latents.write_(models, number)
    return list(models)


def codes(twin: Weighted) -> Tensor:
    return torch.from_numpy(twin.law().weight)  # type: ignore[attr-defined]


def same_program(one: TwinModel, other: TwinModel) -> bool:
    before, after = lower(one, {}), lower(other, {})
    pairs = zip(before.steps, after.steps, strict=True)
    constants = ((two.operator.constants()[n], c) for one, two in pairs for n, c in one.operator.constants().items())
    return before.input == after.input and all((mine == theirs).all() for mine, theirs in constants)


def test_the_same_widths_go_on_as_the_same_program_whatever_was_calibrated() -> None:
    latents, (wide,) = taught(twins())
    assert {own.weight_map for own in own_weights(wide)} == {"symmetric", "odd"}
    (found,) = from_(latents.state_dict(), twins(like=0.9))
    assert same_program(found, wide)


@pytest.mark.parametrize(
    "widths",
    [{1: (2, 8), 3: (2, 8)}, {0: (8, 99), 4: (8, 8)}, {1: (4, 24)}],
    ids=["narrowed", "widened", "other groups"],
)
def test_what_has_other_widths_is_rounded_by_the_methods_and_the_rest_stays(widths: Widths) -> None:
    latents, (wide,) = taught(twins())
    learnt = latents.state_dict()
    (found,) = from_(learnt, twins(widths, like=0.9))

    expected = twins(widths)
    with torch.no_grad():
        for number, (own, old) in enumerate(zip(*map(own_weights, (expected, wide)), strict=True)):
            steps = torch.from_numpy(old.steps()).reshape(old.weight.shape)
            limit = weight_limit(old.weight_bits, old.weight_map)
            own.weight.copy_(latents.shares[number] * limit * steps if number in widths else old.weight)
        for parameter, old in zip(reals(expected), reals(wide), strict=True):
            parameter.copy_(old)
    rounding = gptq_(copy.deepcopy(expected), BATCHES)
    biases = {id(own.bias) for number, own in enumerate(own_weights(found)) if number in widths}
    for number, (one, old, new) in enumerate(zip(*map(own_weights, (found, wide, rounding)), strict=True)):
        if number in widths:
            assert (codes(one) != codes(new)).float().mean() < 0.02, "a float32 weight may fall to the other side"
            torch.testing.assert_close(one.weight_scale, new.weight_scale)
        else:
            assert torch.equal(codes(one), codes(old))
            assert torch.equal(one.weight_scale, old.weight_scale)
            assert torch.equal(one.group_multiplier, old.group_multiplier)
    for one, old in zip(reals(found), reals(wide), strict=True):
        assert (id(one) in biases) != torch.equal(one, old)
    assert [edge.grid for edge in calibrated_edges(found)] == [edge.grid for edge in calibrated_edges(wide)]
    verify(lower(found, {}), load_target("int8x16"))

    (nearest,) = from_(learnt, twins(widths, like=0.9), methods=())
    for number in widths:
        one, other = (codes(own_weights(model)[number]) for model in (found, nearest))
        assert (one != other).float().mean() > 0.05, "the methods decide"


def test_codes_of_a_map_that_the_recipe_does_not_allow_do_not_stay() -> None:
    latents, (wide,) = taught(twins())
    (found,) = from_(latents.state_dict(), twins(maps=("symmetric",), like=0.9))
    for one, old in zip(*map(own_weights, (found, wide)), strict=True):
        assert one.weight_map == "symmetric"
        assert torch.equal(codes(one), codes(old)) == (old.weight_map == "symmetric")


def test_edges_of_another_width_or_name_are_calibrated_on_what_was_learnt() -> None:
    latents, (wide,) = taught(twins())
    model = stacked(4)
    every = calibrated_edges(model)
    narrower, narrowed = every[2], next(edge for edge in every if edge.bits == 16)
    narrower.bits, narrowed.bits, every[3].name = 4, 8, "another"
    for own, old in zip(*map(own_weights, (model, wide)), strict=True):
        own.weight_maps = old.weight_maps
    (found,) = from_(latents.state_dict(), give_biases_(calibrate(model, BATCHES)))
    again = copy.deepcopy(found)
    calibrate(again, BATCHES)
    anew = {narrower.name, narrowed.name, "another"}
    for edge, old, new in zip(*map(calibrated_edges, (found, wide, again)), strict=True):
        expected = new.grid if edge.name in anew else old.grid
        assert edge.grid == replace(expected, scale=edge.grid.scale), edge.name
        assert edge.grid.scale == pytest.approx(expected.scale, rel=1e-6 if edge.name in anew else 0), edge.name


def test_recipes_that_share_weights_go_on_together_or_from_what_the_first_learnt() -> None:
    every: Widths = dict.fromkeys(range(5), (8, 8))
    both, (narrow, wide) = taught(twins(), twins(every))
    learnt = both.state_dict()
    found = from_(learnt, twins(like=0.9), twins(every, like=0.9))
    assert same_program(found[0], narrow)
    assert same_program(found[1], wide)

    alone = {name: one for name, one in learnt.items() if not name.startswith("rulers.1.")}
    for state, widths in ((alone, {}), (learnt, {1: (2, 8), 3: (2, 8)})):
        first, other = from_(state, twins(widths, like=0.9), twins(every, like=0.9))
        for one, two in zip(*map(own_weights, (first, other)), strict=True):
            steps, wider = (torch.from_numpy(own.steps()).reshape(own.weight.shape) for own in (two, one))
            inside = codes(one).abs().reshape(one.weight.shape) < weight_limit(one.weight_bits, one.weight_map)
            apart = 2 if one.weight_map == "odd" else 1
            near = (one.weight - two.weight).abs() <= 0.501 * (steps + apart * wider)
            assert near[inside].all(), "both are nearest to what was learnt"
            assert inside.float().mean() > 0.2


def _without(name: str) -> Callable[[State], object]:
    return lambda learnt: learnt.pop(name)


def _with(name: str, tensor: Tensor) -> Callable[[State], object]:
    return lambda learnt: learnt.update({name: tensor})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without("shares.4"), r"shares\.4 of \[4, 6\], got one without it"),
        (_with("shares.5", torch.zeros(3, 3)), "of more weights"),
        (_with("shares.0", torch.zeros(3, 3)), r"shares\.0 of \[24, 6\], got \[3, 3\]"),
        (_without("rulers.0.widths"), "widths"),
        (_with("rulers.0.widths", torch.zeros(5, 2)), "whole numbers of widths"),
        (_without("reals.1"), r"reals\.1"),
        (_without("rulers.0.edge_zeros"), "edge_zeros"),
        (_with("rulers.0.edges", torch.zeros(99)), "edges of"),
        (_without("rulers.0.multiplier_2"), "multiplier_2"),
        (lambda learnt: learnt["rulers.0.edge_grids"].fill_(99), "edges of .* bits, got 99"),
        (lambda learnt: learnt["rulers.0.widths"].fill_(0), "got 0 and 0"),
        (lambda learnt: learnt["rulers.0.widths"].fill_(2**40), "widths of 1 to 8 bits and groups of 1 to 6"),
    ],
)
def test_a_state_of_another_model_is_refused_in_one_line(spoil: Callable[[State], object], message: str) -> None:
    learnt = taught(twins())[0].state_dict()
    spoil(learnt)
    with pytest.raises(TrainingError, match=f"^start: expected .*{message}") as caught:
        from_(learnt, twins())
    assert "\n" not in str(caught.value)


def test_a_method_that_makes_up_for_other_weights_is_refused_where_these_stay() -> None:
    learnt = taught(twins())[0].state_dict()
    with pytest.raises(TrainingError, match="each weight by itself, got adaround-block"):
        from_(learnt, twins({1: (2, 8)}), methods=["adaround-block"])


def test_levels_that_are_folded_are_the_same_levels() -> None:
    latents, (wide,) = taught(twins())
    before = copy.deepcopy(latents)
    latents.ruler(0).fold_()
    assert not any(reach.any() for reach in (*latents.ruler(0).reaches, *latents.ruler(0).group_reaches.values()))
    again = copy.deepcopy(wide)
    latents.write_([again], 0)
    assert same_program(again, wide)
    shape = latents.shares[1].shape
    assert not torch.equal(latents.ruler(0).full_scale(1, shape), before.ruler(0).full_scale(1, shape))
