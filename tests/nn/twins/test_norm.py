"""What the norms share: a gain and a bias for each channel, as the law has them."""

import numpy as np
import torch
from tests.nn.specimen import edge, parameter

from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.rms_norm import RmsNorm


def test_gain_and_bias_are_in_units_of_the_result() -> None:
    source, result = edge(16, scale=0.001), edge(8, scale=0.05, zero_point=3)
    norm = LayerNorm([source], result, weight=parameter(4), bias=parameter(4, seed=5), epsilon=1e-5)
    law = norm.law()
    shift = law.shift.astype(int)
    gain, bias = (each.detach().double().numpy() for each in norm.trainable())
    np.testing.assert_allclose(law.multiplier * 2.0**-shift, gain / (0.05 * 2**15), rtol=2**-15)
    np.testing.assert_allclose(law.bias * 2.0**-shift * 0.05, bias, atol=0.05 * 2.0 ** -int(shift.min()))
    assert (law.input_bits, law.zero_point, law.bits) == (16, 3, 8)


def test_a_norm_without_a_bias_has_one_of_0() -> None:
    norm = RmsNorm([edge(16, scale=0.001)], edge(8), weight=parameter(4), epsilon=1e-5)
    assert len(norm.trainable()) == 1
    assert norm.law().bias.tolist() == [0, 0, 0, 0]
    assert torch.equal(norm.trainable()[0], norm.weight)
