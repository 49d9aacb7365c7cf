"""What the equations of a GRU entail."""

import numpy as np
from tests.integer.recurrences import recurrence

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.gru import GatedRecurrentUnit


def test_a_closed_update_gate_keeps_the_state():
    """16 bits are carried: a state that moves by less than a code of the result does move."""
    shut = np.full(513, 32766 << 8)
    slow = recurrence(GatedRecurrentUnit, 1, sigmoid=shut, bits=8, output_shift=24)
    codes = slow.run([np.full((1, 4000, 3), 30000)], {}, IntegerAccumulation())[0, :, 0]
    assert codes[0] == 0
    assert codes[-1] > 10
    assert (np.diff(codes) <= 1).all()
