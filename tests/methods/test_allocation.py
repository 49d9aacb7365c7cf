"""The integer program finds what trying everything finds, and keeps the budget."""

import itertools
import random
from dataclasses import replace

import pytest

from earnest.errors import CalibrationError
from earnest.file import FileReport
from earnest.integer.program.target import load_target
from earnest.methods.allocation import Choice, Width, allocate
from earnest.methods.budget import Measured, allocate_widths, lower_budget
from earnest.methods.milliseconds import Milliseconds
from earnest.methods.widths import Sensitivity
from earnest.swapping.budget import Budget, parse_budget
from earnest.swapping.recipe import Recipe


def choices(seed: int, paths: int = 6) -> list[Choice]:
    """Losses that fall as widths grow."""
    generator = random.Random(seed)
    found = []
    for number in range(paths):
        weights, loss = generator.randint(1, 50), generator.uniform(0.01, 1)
        found += [
            Choice(path=f"p{number}", width=Width(bits, 0), cost=weights * bits, loss=loss * 4.0 ** (2 - bits))
            for bits in (2, 4, 8)
        ]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_other_widths_lose_less(seed: int):
    each = choices(seed)
    cheapest, dearest = (sum(c.cost for c in each if c.width.bits == bits) for bits in (2, 8))
    budget = cheapest + 0.4 * (dearest - cheapest)
    found = allocate(each, budget)
    by = {(choice.path, choice.width): choice for choice in each}
    assert sum(by[path, width].cost for path, width in found.items()) <= budget
    paths = sorted(found)
    best = min(
        sum(by[path, width].loss for path, width in zip(paths, widths, strict=True))
        for widths in itertools.product([Width(bits, 0) for bits in (2, 4, 8)], repeat=len(paths))
        if sum(by[path, width].cost for path, width in zip(paths, widths, strict=True)) <= budget
    )
    assert sum(by[path, width].loss for path, width in found.items()) == pytest.approx(best, rel=1e-3)


def test_a_budget_for_nothing_is_refused():
    with pytest.raises(CalibrationError, match="expected at least"):
        allocate(choices(1), 1.0)


def sensitivity(path: str, loss: float, groups: tuple[int, ...] = (0,)) -> Sensitivity:
    """Of 1000 weights in 10 rows; groups of 16 err half as much."""
    errors = {Width(bits, group): 4.0**-bits / (2 if group else 1) for bits in (2, 3, 4, 5, 6, 8) for group in groups}
    return Sensitivity(
        path=path, kind="linear", weights=1000, rows=10, accumulates=10000, input_bits=8, loss=loss, errors=errors
    )


def measured(*sensitivities: Sensitivity, other_bytes: int = 0, milliseconds: Milliseconds | None = None) -> Measured:
    return Measured(sensitivities=sensitivities, other_bytes=other_bytes, milliseconds=milliseconds)


TARGET = load_target("int8x16")


RECIPE = Recipe.model_validate(
    {"name": "x", "description": "y", "budget": "5 bits", "rule": [{"operator": ["linear"], "weight_bits": 4}]}
)


@pytest.mark.parametrize(
    ("text", "mean"), [("5 bits", 5.0), ("0.0025 MB", 5.0), ("0.0016 Gbitops", 5.0), ("6.5 bits", 6.5)]
)
def test_sensitive_weights_get_more_bits(text: str, mean: float):
    losses = {"a.weak[0]": 0.001, "b": 0.1, "c.strong": 10.0, "d": 0.1}
    found = [sensitivity(path, loss) for path, loss in losses.items()]
    recipe = allocate_widths(RECIPE, parse_budget(text), measured(*found), TARGET)
    widths = {rule.path: rule.weight_bits for rule in recipe.rule[:-1]}
    assert recipe.budget is None
    assert recipe.rule[-1] == RECIPE.rule[0]
    assert recipe.rule[0].matches("a.weak[0]", "linear", "activation"), "a path is no pattern"
    values = [int(bits) for bits in widths.values() if bits is not None]
    assert len(values) == 4
    assert mean - 0.8 <= sum(values) / 4 <= mean
    assert values[2] == max(values)
    assert values[0] == min(values)


def test_what_is_no_weight_counts():
    found = [sensitivity("a", 1.0), sensitivity("b", 1.0)]
    budget = Budget(amount=6.0, unit="bits")
    with_none, with_some = (
        allocate_widths(RECIPE, budget, measured(*found, other_bytes=other), TARGET) for other in (0, 400)
    )
    total = [sum(rule.weight_bits or 0 for rule in recipe.rule[:-1]) for recipe in (with_none, with_some)]
    assert total[1] < total[0]


def test_groups_are_taken_where_they_cost_less_than_bits():
    """7 multipliers of 4 bits for a row of 100 are 0.28 bits a weight; they gain as much as half a bit does."""
    found = [sensitivity(path, 1.0, groups=(0, 16)) for path in "abcd"]
    rules = allocate_widths(RECIPE, Budget(amount=5.4, unit="bits"), measured(*found), TARGET).rule[:-1]
    assert {(rule.weight_bits, rule.weight_group) for rule in rules} == {(5, 16)}
    rules = allocate_widths(RECIPE, Budget(amount=5.2, unit="bits"), measured(*found), TARGET).rule[:-1]
    assert {rule.weight_bits for rule in rules} <= {4, 5, 6}
    taken = sum(
        each.bytes(Width(r.weight_bits or 0, r.weight_group or 0)) for each, r in zip(found, rules, strict=True)
    )
    assert taken <= 5.2 * 4000 / 8


@pytest.mark.parametrize(("width", "bits"), [((4, 0), 4040), ((4, 16), 4280), ((8, 16), 8070), ((2, 300), 2040)])
def test_what_a_width_takes(width: tuple[int, int], bits: int):
    """10 rows of 100: multipliers of 1 to 16 take 4 bits each, one that is always 1 takes 1."""
    assert sensitivity("a", 1.0).bytes(Width(*width)) * 8 == bits


def test_milliseconds_are_those_of_each_weight_and_of_all_other_steps():
    """Here 8 bits take 2 ms and everything narrower 1 ms, so that each weight has 6 bits, or 8 where it is worth it."""
    found = [sensitivity(path, loss) for path, loss in (("a", 0.01), ("b", 1.0), ("c", 0.1))]
    of = {width: dict.fromkeys("abc", 2.0 if width.bits == 8 else 1.0) for width in found[0].errors}
    clocked = measured(*found, milliseconds=Milliseconds(of=of, rest=10.0))

    def bits(milliseconds: float) -> list[int | None]:
        rules = allocate_widths(RECIPE, Budget(amount=milliseconds, unit="ms"), clocked, TARGET).rule[:-1]
        return [rule.weight_bits for rule in rules]

    assert [bits(amount) for amount in (13.0, 14.0, 15.5, 16.0)] == [[6, 6, 6], [6, 8, 6], [6, 8, 8], [8, 8, 8]]
    with pytest.raises(CalibrationError, match="expected at least 3"):
        bits(12.9)


def test_a_device_gets_only_widths_that_it_has():
    rules = dict(TARGET.operators)
    found = measured(sensitivity("a", 1.0), sensitivity("b", 0.01))
    for allowed, expected in (((2, 4), {4}), ((1, 8), {8}), ((3,), {3})):
        rules["linear"] = replace(TARGET.operators["linear"], weight=allowed)
        narrow = allocate_widths(RECIPE, Budget(amount=9.0, unit="bits"), found, replace(TARGET, operators=rules))
        assert {rule.weight_bits for rule in narrow.rule[:-1]} == expected
    rules["linear"] = replace(TARGET.operators["linear"], weight=(1, 7))
    with pytest.raises(CalibrationError, match=r"weights of \[1, 7\] bits; widths are chosen among \[2, 3"):
        allocate_widths(RECIPE, Budget(amount=9.0, unit="bits"), found, replace(TARGET, operators=rules))


def test_what_is_too_slow_is_asked_for_again():
    report = FileReport(file_bytes=10**9, sections={}, weight_codes=8)
    budget = Budget(amount=40.0, unit="ms")
    assert lower_budget(budget, budget, report, 39.0) is None
    less = lower_budget(budget, budget, report, 44.0)
    assert less is not None
    assert 36.0 < less.amount < 36.4
