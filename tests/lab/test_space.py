"""The space of a search: places of a recipe, and what may stand there."""

from collections.abc import Sequence

import pytest

from earnest.errors import ExperimentError
from earnest.lab.experiment import Dimension
from earnest.lab.space import changed, check_space, chosen_values, distributions
from earnest.swapping.recipe import load_recipe

RECIPE = load_recipe("w8a8")


def among(at: str, *values: object) -> Dimension:
    return Dimension(at=at, values=list(values))


def test_values_come_to_their_places() -> None:
    space = {
        "bits": among("rule.0.weight_bits", 2, 4),
        "margin": Dimension(at="rule.1.margin", low=0.5, high=2.0),
        "methods": among("methods", ["gptq"], []),
        "residual": among("ranges.residual", "extremes", "percentile"),
    }
    check_space(RECIPE, space)
    made = changed(RECIPE, space, {"bits": 4, "margin": 0.75, "methods": ["gptq"], "residual": "percentile"})
    assert (made.rule[0].weight_bits, made.rule[1].margin, made.methods) == (4, 0.75, ["gptq"])
    assert made.ranges["residual"] == "percentile"
    assert (made.rule[0].operator, made.rule[1].bits) == (RECIPE.rule[0].operator, RECIPE.rule[1].bits)


def test_the_name_belongs_to_the_content() -> None:
    space = {"bits": among("rule.0.weight_bits", 2, 4), "methods": among("methods", ["gptq"], [])}
    one = changed(RECIPE, space, {"bits": 4, "methods": []})
    assert one == changed(load_recipe("w4a8"), space, {"bits": 4, "methods": []}).model_copy(
        update={"name": one.name, "description": one.description, "rule": one.rule}
    )
    assert one.name != changed(RECIPE, space, {"bits": 2, "methods": []}).name
    assert one.name.startswith("trial-")


def test_parameters_are_told_by_their_text() -> None:
    space = {
        "methods": among("methods", ["gptq"], []),
        "bits": Dimension(at="rule.0.weight_bits", low=2, high=8),
        "margin": Dimension(at="rule.1.margin", low=1, high=1.5),
    }
    kinds = {name: type(each).__name__ for name, each in distributions(space).items()}
    assert kinds == {"methods": "CategoricalDistribution", "bits": "IntDistribution", "margin": "FloatDistribution"}
    assert chosen_values(space, {"methods": '["gptq"]', "bits": 3, "margin": 1.25}) == {
        "methods": ["gptq"],
        "bits": 3,
        "margin": 1.25,
    }


@pytest.mark.parametrize(
    ("at", "values", "message"),
    [
        ("rule.9.weight_bits", [4], "rule.9.weight_bits: expected a place of the recipe, got no '9' in it"),
        ("rule.-1.weight_bits", [4], "got no '-1' in it"),
        ("rule.0.bit", [4], "got no 'bit' in it"),
        ("rules", [4], "got no 'rules' in it"),
        ("rule.0.weight_bits.x", [4], "got no 'x' in it"),
        ("rule.0.weight_bits", [9], "rule.0.weight_bits: Input should be less than or equal to 8, got 9"),
        ("rule.0.weight_bits", [4, 4], "expected different values"),
        ("methods", [["magic"]], "methods.0"),
        ("ranges.noise", ["extremes"], "got no 'noise' in it"),
    ],
)
def test_what_no_recipe_can_be_is_named(at: str, values: Sequence[object], message: str) -> None:
    with pytest.raises(ExperimentError, match=r"search\.space\.it: ") as caught:
        check_space(RECIPE, {"it": among(at, *values)})
    assert message in str(caught.value)
