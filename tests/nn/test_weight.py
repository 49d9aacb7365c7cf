"""Weights at their codes, and their gradients."""

import torch
from tests.nn.specimen import edge, parameter

from earnest.nn.twins.linear import Linear


def test_weights_beyond_the_largest_code_get_no_gradient_and_the_others_do() -> None:
    """The scale is chosen once: a weight that training moves out of its reach stays at the largest code."""
    weight = parameter(2, 4, seed=5)
    twin = Linear(
        [edge()],
        edge(scale=10.0),
        weight=weight,
        bias=None,
        weight_bits=4,
        weight_map="symmetric",
        weight_range="extremes",
        weight_group=0,
    )
    with torch.no_grad():
        weight[0, 1], weight[1, 2] = 100.0, -100.0
    twin(torch.full((1, 4), 100.0), symbols={}).sum().backward()
    zero = torch.zeros(2, 4, dtype=torch.bool)
    zero[0, 1] = zero[1, 2] = True
    assert weight.grad is not None
    assert ((weight.grad == 0) == zero).all()
    assert twin.law().weight[0, 1] == 7  # type: ignore[attr-defined]
