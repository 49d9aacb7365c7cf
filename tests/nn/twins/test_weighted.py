"""Weighted sums: multiplier, shift and folded bias of each channel, from weights and grids."""

import numpy as np
import torch
from tests.nn.specimen import edge
from torch import nn

from earnest.nn.edge import Edge
from earnest.nn.twins.linear import Linear

SETTINGS = {"weight_bits": 4, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}
WEIGHT, BIAS = [[0.7, -0.28, 0.13], [-1.4, 0.2, 0.6]], [0.1207, -3.0]


def linear(source: Edge, result: Edge) -> Linear:
    weight, bias = (nn.Parameter(torch.tensor(each)) for each in (WEIGHT, BIAS))
    return Linear([source], result, weight=weight, bias=bias, **SETTINGS)


def test_the_fields_of_the_law_stand_for_the_real_sums() -> None:
    """Each channel: the real value of its sum is that of the float linear on the real values of the codes."""
    source, result = edge(8, scale=0.02, zero_point=-28), edge(8, scale=0.03, zero_point=-10)
    twin = linear(source, result)
    law, scale = twin.law(), twin.effective_scale().numpy()
    assert law.weight.tolist() == [[7, -3, 1], [-7, 1, 3]]
    units, codes = 0.02 * scale, law.weight.tolist()
    assert law.bias.tolist() == [round(b / u) + 28 * sum(w) for b, u, w in zip(BIAS, units, codes, strict=True)]
    np.testing.assert_allclose(law.multiplier * 2.0 ** -law.shift.astype(int), units / 0.03, rtol=2**-16)


def test_without_a_bias_there_is_the_zero_point_alone() -> None:
    weight = nn.Parameter(torch.tensor(WEIGHT))
    twin = Linear([edge(8, zero_point=5)], edge(8), weight=weight, bias=None, **SETTINGS)
    assert twin.trainable() == (weight,)
    assert twin.law().bias.tolist() == [-5 * 5, 5 * 3]
    assert (twin.depthwise, twin.group) == (False, "linear")
