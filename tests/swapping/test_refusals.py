"""What cannot be swapped is refused with the path, the operator and what to do; nothing stays float in silence."""

import re

import pytest
from tests.swapping.modules import (
    FEATURES,
    Attention,
    Positions,
    PostNorm,
    Specialised,
    Twice,
    Unsupported,
    WeightsFirst,
)
from torch import nn

from earnest.errors import CaptureError, RecipeError, SwapError, TargetError
from earnest.swapping import conversion
from earnest.swapping.recipe import Recipe, load_recipe
from earnest.swapping.swap import swap


def _swap(model: nn.Module, recipe: Recipe | str = "w8a8", target: str = "int8x16") -> None:
    swap(model.eval(), recipe, target, features=FEATURES, longest=200)


def test_unsupported_operator_names_itself_and_its_line():
    with pytest.raises(
        CaptureError, match=r"aten\.cumsum\.default has no twin \(.*modules\.py:\d+\)\. Write the module"
    ):
        _swap(Unsupported())


def test_operator_without_a_rule_is_not_left_float(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(conversion, "RULES", {k: v for k, v in conversion.RULES.items() if k != "aten.tanh.default"})
    with pytest.raises(CaptureError, match=r"aten\.tanh\.default has no twin"):
        _swap(PostNorm())


def test_training_mode():
    with pytest.raises(CaptureError, match=re.escape("call model.eval() first")):
        swap(Twice().train(), "w8a8", "int8x16", features=FEATURES)


def test_specialised_length():
    with pytest.raises(CaptureError, match=r"batch and time dynamic|was specialised to 141"):
        _swap(Specialised())


def test_table_that_is_no_slice():
    with pytest.raises(CaptureError, match="at a shorter length is no slice of the longest one"):
        _swap(Positions(relative_to_length=True))


def test_length_below_the_shortest():
    with pytest.raises(CaptureError, match="expected a greatest length of at least"):
        swap(Twice().eval(), "w8a8", "int8x16", features=FEATURES, longest=1)


def test_softmax_of_8_bits_must_weigh_values():
    with pytest.raises(SwapError, match="expected the 8-bit softmax as the left operand"):
        _swap(WeightsFirst(), target="int8")


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
        _swap(Attention(causal=False), extra)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"operator": ["matmul"], "bits": 24}, r"softmax\[0\]: softmax: operand 0 has 24 bits; target int8x16"),
        (
            {"operator": ["linear"], "role": ["logits"], "bits": 24},
            r"head: linear: the result has 24 bits; target int8x16",
        ),
    ],
)
def test_width_that_the_target_does_not_allow(rule: dict[str, object], message: str):
    recipe = Recipe.model_validate({"name": "x", "description": "", "rule": [rule]})
    with pytest.raises(TargetError, match=message):
        _swap(Attention(causal=False), recipe)


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
