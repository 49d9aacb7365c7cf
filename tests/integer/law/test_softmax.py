"""What is proved of a softmax: its tables, its scores and its mask."""

import dataclasses

import numpy as np
import pytest
from tests.integer.cases import CASES
from tests.integer.verifying import new_proof

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.softmax import Softmax


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fine": np.full(256, 32768, dtype=np.uint16), "fine_bits": 7}, "expected tables of"),
        ({"coarse": np.full(256, 32768, dtype=np.uint16)}, "expected tables that start at their largest entries"),
        ({"coarse": np.arange(256, dtype=np.uint16)}, "expected tables that start at their largest entries"),
        ({"fine": np.full(256, 32767, dtype=np.uint16)}, "expected tables that start at their largest entries"),
        ({"input_bits": 8}, "expected scores of 8 bits"),
        ({"fine_bits": 16}, "fine bits"),
        ({"masked": True}, "expected as many keys as queries under a mask"),
    ],
)
def test_softmax(change, message):
    operator = CASES["softmax"][0].operator
    assert isinstance(operator, Softmax)
    with pytest.raises(ProgramError, match=message):
        dataclasses.replace(operator, **change).infer([Domain.full(16, signed=True, shape=(5, 4))], new_proof())
