"""What recurrences share: what their weights multiply, in which order of time."""

import pytest
import torch
from tests.nn.specimen import edge, parameter

from earnest.nn.twins.gru import GatedRecurrentUnit
from earnest.nn.twins.recurrence import arguments
from earnest.numerics.recurrence import ARGUMENT

SETTINGS = {"weight_bits": 8, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}


@pytest.mark.parametrize("reverse", [False, True])
def test_the_weights_multiply_hidden_states_one_step_late(reverse: bool) -> None:
    output = edge(8, scale=0.01, zero_point=4)
    twin = GatedRecurrentUnit([arguments()], output, weight=parameter(6, 2), bias=None, reverse=reverse, **SETTINGS)
    hidden = torch.arange(1.0, 7.0).reshape(1, 3, 2)
    late = [[3, 4], [5, 6], [0, 0]] if reverse else [[0, 0], [1, 2], [3, 4]]
    assert twin.before(hidden)[0].tolist() == late
    assert twin.multiplied is twin.output
    assert (twin.summed, twin.operands[0].grid) == (ARGUMENT, ARGUMENT)
    assert twin.extra_repr().endswith("reverse") == reverse


def test_backward_is_forward_of_the_mirrored_input() -> None:
    weight, x = parameter(6, 2), torch.randn(1, 5, 6, generator=torch.Generator().manual_seed(0))
    forth, back = (
        GatedRecurrentUnit([arguments()], edge(8), weight=weight, bias=None, reverse=reverse, **SETTINGS)
        for reverse in (False, True)
    )
    torch.testing.assert_close(back.real([x], [weight], {}), forth.real([x.flip(1)], [weight], {}).flip(1))
