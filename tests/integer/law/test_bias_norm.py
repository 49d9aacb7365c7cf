"""What is proved of a BiasNorm: its constants, its variance about offsets, and that eps bounds the normalised value."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.integer.oracle import shift_round
from tests.integer.oracle_rows import inverse_root

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.bias_norm import BiasNorm
from earnest.integer.law.operator import Proof


def _proof() -> Proof:
    return Proof(symbols={}, accumulator_bits=32, path="y")


def _bias_norm(channels: int, **changes: Any) -> BiasNorm:
    constants: dict[str, Any] = {
        "multiplier": np.full(channels, 40000),
        "shift": np.full(channels, 25),
        "bias": np.zeros(channels, dtype=np.int64),
        "offset": np.zeros(channels, dtype=np.int64),
        "epsilon": 1,
        "input_bits": 16,
        "input_zero_point": 0,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return BiasNorm(**(constants | changes))


def test_bias_norm_is_too_deep():
    """N^2 2^30 + eps < 2^62 about offsets of 0; from one end to the other of 16 bits, half as many channels."""
    for channels, offset in ((65535, 0), (32768, -32768)):
        wide = Domain.full(16, signed=True, shape=(channels,))
        _bias_norm(channels, offset=np.full(channels, offset)).infer([wide], _proof())
        deeper = dataclasses.replace(wide, shape=(channels + 1,))
        with pytest.raises(ProgramError, match="can need 63 bits; expected at most 62"):
            _bias_norm(channels + 1, offset=np.full(channels + 1, offset)).infer([deeper], _proof())


@pytest.mark.parametrize("sign", [1, -1])
def test_one_offset_lies_too_far(sign: int):
    """256 (2^15 + offset) < 2^31."""
    x = Domain.full(16, signed=True, shape=(256,))
    for farthest, refused in (((1 << 23) - (1 << 15) - 1, False), ((1 << 23) - (1 << 15) + 1, True)):
        norm = _bias_norm(256, offset=np.asarray([sign * farthest, *[0] * 255]))
        if refused:
            with pytest.raises(ProgramError, match="the variance of 256 codes of 16 bits from offsets can need 63"):
                norm.infer([x], _proof())
        else:
            norm.infer([x], _proof())


def test_what_is_known_of_the_codes_counts_from_the_offsets():
    known = Domain(bits=16, signed=True, shape=(40000,), low=-32768, high=-32000)
    _bias_norm(40000, offset=np.full(40000, -32000)).infer([known], _proof())
    with pytest.raises(ProgramError, match="can need 63 bits"):
        _bias_norm(40000, offset=np.full(40000, 32767)).infer([known], _proof())


def test_epsilon_bounds_the_normalised_value():
    """A bias that fits beside the normalised values of a large eps is refused beside those of a small one."""
    x = Domain.full(16, signed=True, shape=(64,))
    bias = np.full(64, (1 << 62) + (1 << 61))
    _bias_norm(64, bias=bias, epsilon=1 << 40).infer([x], _proof())
    loud = {"bias": np.full(64, (1 << 63) - (1 << 50)), "epsilon": 1}
    with pytest.raises(ProgramError, match="the intermediate can reach"):
        _bias_norm(64, **loud).infer([x], _proof())
    _bias_norm(64, **loud | {"epsilon": 1 << 60}).infer([x], _proof())


@pytest.mark.parametrize("epsilon", [1, 2, 3, 4, 1000, (1 << 30) - 1, 1 << 30, (1 << 32) - 1, 1 << 32, 1 << 60])
def test_no_normalised_value_exceeds_its_bound(epsilon: int):
    """r 2^-k does not grow with V: tried about every power of 2, and where the shift changes."""
    deviation = 64 << 15
    proof = _proof()
    _bias_norm(64, epsilon=epsilon).infer([Domain.full(16, signed=True, shape=(64,))], proof)
    half = 1 << 24
    bound = (proof.widest["y:intermediate"] - half) // 40000
    for variance in {epsilon, *(epsilon + (1 << power) + step for power in range(61) for step in (-1, 0, 1))}:
        root, k = inverse_root(variance)
        assert abs(shift_round(-deviation * root, 16 + k)) <= bound
    if epsilon < 1 << 20:
        root, k = inverse_root(epsilon)
        assert shift_round(deviation * root, 16 + k) in (bound, bound - 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": 0}, "expected an epsilon of at least 1"),
        ({"epsilon": 1 << 62}, "expected at most 62"),
        ({"bias": np.full(4, (1 << 63) - 1)}, "the intermediate can reach"),
        ({"multiplier": np.full(3, 40000)}, "expected 3 channels"),
        ({"offset": np.zeros(3, dtype=np.int64)}, r"expected offsets of shape \(4,\), got \(3,\)"),
        ({"input_zero_point": 1 << 15}, "expected an operand's zero point in -32768 .. 32767, got 32768"),
        ({"zero_point": 128}, "expected a zero point in -128 .. 127"),
        ({"input_bits": 8}, "expected an input of 8 bits"),
    ],
)
def test_bias_norm(change: dict[str, Any], message: str):
    with pytest.raises(ProgramError, match=message):
        _bias_norm(4, **change).infer([Domain.full(16, signed=True, shape=(2, 4))], _proof())
