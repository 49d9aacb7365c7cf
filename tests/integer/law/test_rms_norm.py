"""What is proved of an RMS norm: its constants, and the width of its variance about the zero point."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.operator import Proof
from earnest.integer.law.rms_norm import RmsNorm


def _proof() -> Proof:
    return Proof(symbols={}, accumulator_bits=32, path="y")


def _rms_norm(channels: int, **changes: Any) -> RmsNorm:
    constants: dict[str, Any] = {
        "multiplier": np.full(channels, 40000),
        "shift": np.full(channels, 25),
        "bias": np.zeros(channels, dtype=np.int64),
        "epsilon": 1,
        "input_bits": 16,
        "input_zero_point": 0,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return RmsNorm(**(constants | changes))


def test_rms_norm_is_too_deep():
    """N^2 2^30 + eps < 2^62 about a zero point of 0; from one end to the other of 16 bits, half as many channels."""
    for channels, zero_point in ((65535, 0), (32768, -32768)):
        wide = Domain.full(16, signed=True, shape=(channels,))
        _rms_norm(channels, input_zero_point=zero_point).infer([wide], _proof())
        deeper = dataclasses.replace(wide, shape=(channels + 1,))
        with pytest.raises(ProgramError, match="can need 63 bits; expected at most 62"):
            _rms_norm(channels + 1, input_zero_point=zero_point).infer([deeper], _proof())


def test_rms_norm_counts_from_its_zero_point():
    """What is known of the codes does not help where the zero point lies outside of it."""
    known = Domain(bits=16, signed=True, shape=(40000,), low=-32768, high=-32000)
    _rms_norm(40000, input_zero_point=-32000).infer([known], _proof())
    with pytest.raises(ProgramError, match="can need 63 bits"):
        _rms_norm(40000, input_zero_point=32767).infer([known], _proof())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": 0}, "expected an epsilon of at least 1"),
        ({"epsilon": 1 << 62}, "expected at most 62"),
        ({"bias": np.full(4, (1 << 63) - 1)}, "the intermediate can reach"),
        ({"multiplier": np.full(3, 40000)}, "expected 3 channels"),
        ({"input_zero_point": 1 << 15}, "expected an operand's zero point in -32768 .. 32767, got 32768"),
        ({"zero_point": 128}, "expected a zero point in -128 .. 127"),
        ({"input_bits": 8}, "expected an input of 8 bits"),
    ],
)
def test_rms_norm(change, message):
    with pytest.raises(ProgramError, match=message):
        _rms_norm(4, **change).infer([Domain.full(16, signed=True, shape=(2, 4))], _proof())
