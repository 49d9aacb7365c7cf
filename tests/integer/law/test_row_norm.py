"""What norms over the last axis refuse, each of them by the same words."""

import dataclasses

import pytest
from tests.integer.cases import CASES

from earnest.errors import ProgramError
from earnest.integer.law.operator import Proof
from earnest.integer.law.operators import OPERATORS
from earnest.integer.law.row_norm import RowNorm

KINDS = [kind for kind, operator in OPERATORS.items() if issubclass(operator, RowNorm)]


def proof() -> Proof:
    return Proof(symbols={"time": 3}, accumulator_bits=32, path="y")


def test_they_are_these() -> None:
    assert KINDS == ["layer_norm", "rms_norm", "bias_norm"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_operand_of_another_width_or_number_of_channels_is_refused(kind: str) -> None:
    case = CASES[kind][0]
    (x,) = case.domains
    *rows, channels = x.shape
    case.operator.infer([x], proof())
    with pytest.raises(ProgramError, match=f"expected an input of {x.bits} bits, got {x.bits + 8}"):
        case.operator.infer([dataclasses.replace(x, bits=x.bits + 8)], proof())
    with pytest.raises(ProgramError, match=f"expected {channels} channels"):
        case.operator.infer([dataclasses.replace(x, shape=(*rows, channels + 1))], proof())


@pytest.mark.parametrize("kind", KINDS)
def test_an_epsilon_of_nothing_is_refused(kind: str) -> None:
    operator = dataclasses.replace(CASES[kind][0].operator, epsilon=0)  # type: ignore[call-arg]
    with pytest.raises(ProgramError, match="expected an epsilon of at least 1, got 0"):
        operator.check(proof())
