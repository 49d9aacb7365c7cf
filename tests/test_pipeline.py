"""The whole way on a tiny model: budgets are kept, and no number of threads changes a byte."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from earnest.errors import RecipeError
from earnest.evaluation.anatomy import weight_widths
from earnest.file import dumps, file_report
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target, load_target
from earnest.methods.catalogue import catalogue
from earnest.models import load
from earnest.pipeline import quantize, quantized_twin
from earnest.runtime.description import describe
from earnest.speech.librispeech import read_split
from earnest.swapping.recipe import load_recipe
from synthetic import TinyWorld


def made(
    world: TinyWorld,
    recipe: str,
    budget: str | None = None,
    methods: Sequence[str] | None = None,
    target: str | Target = "int8x16",
) -> Program:
    """The program of the tiny model; `methods` take the place of the recipe's."""
    rules = load_recipe(recipe)
    rules = rules if methods is None else rules.model_copy(update={"methods": list(methods)})
    recordings = [utterance.path for utterance in read_split(Path(world.data), transcripts="absent")]
    chosen = rules if budget is None else rules.under(budget)
    return quantize(load(world.model), chosen, target, recordings, name="tiny", longest=1000).program


@pytest.mark.parametrize("narrow", [0.6, 0.85])
def test_a_budget_of_bits_is_kept_to_the_byte_and_used(tiny_world: TinyWorld, narrow: float):
    wide, slim = (file_report(made(tiny_world, recipe)).file_bytes for recipe in ("w8a8", "w4a8"))
    allowed = slim + narrow * (wide - slim)
    program = made(tiny_world, "mixed-best", f"{allowed / 1e6:.6f} MB")
    found = len(dumps(program))
    assert 0.93 * allowed <= found <= allowed
    assert len(weight_widths(program)) > 1
    assert describe(program).recipe.startswith("mixed-best@")


def test_a_budget_of_milliseconds_is_kept(tiny_world: TinyWorld):
    device = load_target("int8x16")
    operators = {kind: replace(rule, weight=(4, 8)) if rule.weight else rule for kind, rule in device.operators.items()}
    program = made(tiny_world, "auto", "1000 ms", target=replace(device, operators=operators))
    assert weight_widths(program).keys() == {8}, "there is time for every bit"


def test_auto_is_what_is_shipped_as_best_under_any_budget(tiny_world: TinyWorld):
    auto, best = load_recipe("auto"), load_recipe("mixed-best")
    changed = {"name": best.name, "description": best.description, "budget": best.budget, "methods": best.methods}
    assert auto.model_copy(update=changed) == best
    assert [method for method in auto.methods if method != "accumulators"] == best.methods
    with pytest.raises(RecipeError, match=r"expected a budget such as .*--budget"):
        made(tiny_world, "auto")


@pytest.mark.parametrize("recipe", ["w4a8-best", "w8a8"])
def test_threads_change_no_byte(tiny_world: TinyWorld, recipe: str):
    before = torch.get_num_threads()
    files = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            files.append(dumps(made(tiny_world, recipe)))
    finally:
        torch.set_num_threads(before)
    assert files[0] == files[1]


def test_a_device_that_holds_every_sum_has_nothing_shrunk(tiny_world: TinyWorld):
    plain, shrunk, rotated = (dumps(made(tiny_world, "w8a8", methods=m)) for m in ([], ["accumulators"], ["rotate"]))
    assert plain == shrunk != rotated


@pytest.mark.parametrize("by_file", [True, False])
def test_every_method_of_a_recipe_is_carried_out(tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch, by_file: bool):
    """In the recipe's order, whether a file comes of it or twins of any module."""
    seen: list[str] = []
    for name, method in catalogue().items():
        told = replace(method, apply=lambda at, told, name=name: seen.append(name))
        monkeypatch.setitem(catalogue(), name, told)
    methods = sorted(catalogue(), key=lambda name: catalogue()[name].stage, reverse=True)
    if by_file:
        made(tiny_world, "w8a8", methods=methods)
    else:
        recipe = load_recipe("w8a8").model_copy(update={"methods": methods})
        model = load(tiny_world.model)
        mels = model.front_end.features
        quantized_twin(model.module, recipe, "int8x16", [torch.randn(1, 40, mels or 1)], features=mels, longest=100)
    assert seen == methods
