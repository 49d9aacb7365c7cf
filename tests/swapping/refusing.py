"""A swap that is to be refused."""

from tests.swapping.modules import (
    FEATURES,
)
from torch import nn

from earnest.swapping.recipe import Recipe
from earnest.swapping.swap import swap


def try_to_swap(model: nn.Module, recipe: Recipe | str = "w8a8", target: str = "int8x16") -> None:
    swap(model.eval(), recipe, target, features=FEATURES, longest=200)
