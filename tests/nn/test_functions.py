"""Functions of one value in torch are those of `numerics`."""

import numpy as np
import pytest
import torch

from earnest.nn.functions import TORCH_FUNCTIONS, in_torch
from earnest.numerics.table import FUNCTIONS, Pointwise

PARAMETERS: dict[str, tuple[float, ...]] = {
    "clamp": (-0.5, 1.25),
    "leaky_relu": (0.1,),
    "elu": (0.7, 1.5, 0.8),
    "softplus": (2.0, 20.0),
}


def test_both_know_the_same_functions() -> None:
    assert TORCH_FUNCTIONS.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_the_same_in_torch(name: str) -> None:
    """In float64, to the last bits of both."""
    function = Pointwise(name, PARAMETERS.get(name, ()))
    x = np.linspace(-6.0, 6.0, 241)
    made = in_torch(function, torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(made, function(x), rtol=1e-12, atol=1e-14)
