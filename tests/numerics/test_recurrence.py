"""The tables of gates are the functions at their knots."""

import numpy as np

from earnest.numerics.recurrence import ARGUMENT, GATE, gate_tables


def test_tables_are_the_functions_at_their_knots():
    sigmoid, tanh = gate_tables()
    reals = np.linspace(-16, 16, 513)
    for table, function in ((sigmoid, 1 / (1 + np.exp(-reals))), (tanh, np.tanh(reals))):
        assert np.abs(table * GATE.scale / 256 - function).max() <= GATE.scale / 512
    assert ARGUMENT.range == (-16.0, 32767 / 2048)
    assert sigmoid.min() >= 0
