"""What is proved of a layer norm: its constants, and the width of its variance."""

from typing import Any

import numpy as np
import pytest
from tests.integer.verifying import new_proof

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.layer_norm import LayerNorm


def _norm(channels: int, **changes: Any) -> LayerNorm:
    constants: dict[str, Any] = {
        "multiplier": np.full(channels, 40000),
        "shift": np.full(channels, 25),
        "bias": np.zeros(channels, dtype=np.int64),
        "epsilon": 1,
        "input_bits": 16,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return LayerNorm(**(constants | changes))


def test_layer_norm_is_too_deep():
    """N^2 2^30 + eps < 2^62: N = 65535, and 65536 no more."""
    _norm(65535).infer([Domain.full(16, signed=True, shape=(65535,))], new_proof())
    with pytest.raises(ProgramError, match="can need 63 bits; expected at most 62"):
        _norm(65536).infer([Domain.full(16, signed=True, shape=(65536,))], new_proof())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": 0}, "expected an epsilon of at least 1"),
        ({"epsilon": 1 << 62}, "expected at most 62"),
        ({"bias": np.full(4, (1 << 63) - 1)}, "the intermediate can reach"),
        ({"multiplier": np.asarray(40000)}, "expected multipliers of 1 axis"),
        ({"multiplier": np.full(3, 40000)}, "expected 3 channels"),
        ({"bias": np.zeros(3, dtype=np.int64)}, "expected 4 channels"),
        ({"input_bits": 8}, "expected an input of 8 bits"),
    ],
)
def test_layer_norm(change, message):
    with pytest.raises(ProgramError, match=message):
        _norm(4, **change).infer([Domain.full(16, signed=True, shape=(2, 4))], new_proof())
