"""One capture gives twins under any recipe, each with parameters of its own; what does not fit is refused."""

import pytest
import torch
from tests.swapping.modules import (
    FEATURES,
    Attention,
    inputs,
    swapped,
)
from tests.swapping.refusing import try_to_swap
from tests.swapping.small import Small, _with_itself
from torch import nn

from earnest.errors import ProgramError, TargetError
from earnest.integer.program.program import INPUT
from earnest.nn.model import TwinModel
from earnest.nn.twins.softmax import Exponential, Softmax
from earnest.nn.twins.weighted import Weighted
from earnest.pipeline import quantized_twin
from earnest.swapping.recipe import Recipe, Rule, load_recipe
from earnest.swapping.swap import swap, swaps


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
        try_to_swap(Attention(causal=False), recipe)


class Tied(nn.Module):
    """Two layers of one weight, a norm between them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.second = nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 8)
        self.second.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.norm(self.first(x)))


class OneHead(nn.Module):
    """OneHead of one head, and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.query(x) @ self.key(x).transpose(1, 2)
        return torch.softmax(scores, dim=-1) @ self.value(x)


PLAIN = load_recipe("w8a8")


NARROW = PLAIN.model_copy(
    update={
        "name": "narrow",
        "rule": [Rule(role=["scores", "probabilities"], bits=8), *PLAIN.rule],
    }
)
"""The same with a softmax of 8 bits."""


def parameters(twin: TwinModel) -> list[torch.Tensor]:
    return [each.detach().clone() for each in twin.parameters()]


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return Tied().eval()


def test_twins_are_those_of_a_swap_of_their_own(model: nn.Module) -> None:
    twins = swaps(model, "int8x16", features=8, longest=300)
    for name in ("w8a8", "w4a8", "w8a8"):
        recipe = load_recipe(name)
        again, fresh = twins(recipe), swap(model, recipe, "int8x16", features=8, longest=300)
        assert [call.name for call in again.calls] == [call.name for call in fresh.calls]
        assert all(map(torch.equal, parameters(again), parameters(fresh)))
        bits = [[twin.weight_bits for twin in each.modules() if isinstance(twin, Weighted)] for each in (again, fresh)]
        assert bits[0] == bits[1] == [8 if name == "w8a8" else 4] * 2


def test_what_is_done_to_one_leaves_the_next_alone(model: nn.Module) -> None:
    twins = swaps(model, "int8x16", features=8, longest=300)
    first = twins(load_recipe("w8a8"))
    before = parameters(first)
    with torch.no_grad():
        for each in first.parameters():
            each.add_(1.0)
    assert all(map(torch.equal, parameters(twins(load_recipe("w8a8"))), before))
    assert not any(map(torch.equal, parameters(first), before))


def test_operators_that_share_a_weight_share_it_in_each(model: nn.Module) -> None:
    twins = swaps(model, "int8x16", features=8, longest=300)
    weights = []
    for _ in range(2):
        one, other = (twin for twin in twins(load_recipe("w8a8")).modules() if isinstance(twin, Weighted))
        assert one.weight is other.weight
        weights.append(one.weight)
    assert weights[0] is not weights[1]
    batches = [torch.randn(1, 50, 8)]
    assert quantized_twin(model, "w8a8", "int8x16", batches, features=8, longest=300).report is not None


@pytest.mark.parametrize("recipes", [[PLAIN, NARROW, PLAIN], [NARROW, PLAIN]])
def test_no_recipe_leaves_a_trace_for_the_next(recipes: list[Recipe]) -> None:
    torch.manual_seed(0)
    twins = swaps(OneHead().eval(), "int8x16", features=8, longest=300)
    for recipe in recipes:
        forms = [type(each) for each in twins(recipe).modules() if isinstance(each, Softmax | Exponential)]
        assert forms == [Exponential if recipe is NARROW else Softmax]


@pytest.mark.parametrize("name", ["report", "calls", INPUT])
def test_names_that_clash(name: str):
    model = nn.Sequential()
    model.add_module(name, nn.Linear(FEATURES, 3))
    with pytest.raises(ProgramError, match=f"'{name}' is a name that a model of twins needs itself"):
        swap(model.eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def test_lengths_beyond_the_proof():
    twin = swapped(Small(_with_itself))
    assert isinstance(twin, TwinModel)
    (x,) = inputs((twin.longest + 1,))
    with pytest.raises(ProgramError, match="to 200 frames, got 201"):
        twin(x)
