"""Recipes: every key is checked, and the first rule that says something decides."""

import re

import pytest
from tests.swapping.modules import (
    FEATURES,
    Attention,
    PostNorm,
)
from tests.swapping.refusing import try_to_swap

from earnest.errors import RecipeError
from earnest.swapping.recipe import Recipe, load_recipe
from earnest.swapping.swap import swap


def test_rule_that_matches_nothing():
    recipe = load_recipe("w8a8")
    extra = Recipe.model_validate(
        {
            "name": "x",
            "description": "",
            "rule": [*recipe.model_dump(exclude_unset=True)["rule"], {"path": "decoder.*"}],
        }
    )
    with pytest.raises(RecipeError, match=r"recipe x: rule \d \(path = 'decoder\.\*'\) matches no operator"):
        try_to_swap(Attention(causal=False), extra)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not TOML"),
        ('name = "x"\ndescription = ""\n[[rule]]\nbitz = 8', "rule.0.bitz: Extra inputs are not permitted"),
        ('name = "x"\ndescription = ""\n[[rule]]\nweight_bits = 9', "less than or equal to 8"),
        ('name = "x"\ndescription = ""\n[[rule]]\nrole = ["resid"]', "rule.0.role.0"),
        ('description = ""\nrule = []', "name: Field required"),
    ],
)
def test_bad_recipe(tmp_path, text: str, message: str):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=re.escape(message)):
        load_recipe(str(path))


def test_unknown_recipe_lists_the_shipped_ones():
    with pytest.raises(RecipeError, match=r"expected a recipe of \['auto', 'mixed-best', 'w4a8', 'w4a8-best', "):
        load_recipe("w9a9")


def test_first_matching_rule_with_the_setting_wins():
    rules = [
        {"path": "head", "weight_bits": 3},
        {"operator": ["linear"], "weight_bits": 5, "weight_map": "odd"},
        {"role": ["activation", "residual", "argument", "logits"], "margin": 2.0},
    ]
    recipe = Recipe.model_validate({"name": "r", "description": "", "rule": rules})
    twin = swap(PostNorm().eval(), recipe, "int8x16", features=FEATURES, longest=200)
    head, inner = twin.twin("head"), twin.twin("inner")
    assert (head.weight_bits, head.weight_map) == (3, "odd")
    assert (inner.weight_bits, inner.weight_map) == (5, "odd")
    assert inner.output.margin == 2.0
    rows = {row.path: row.rule for row in twin.report.rows}
    assert rows["head"] == "r:1"
    assert rows["inner"] == "r:2"
