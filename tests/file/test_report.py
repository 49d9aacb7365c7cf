"""The report counts every byte of the file once."""

from typing import get_args

import numpy as np
import pytest
from tests.file.programs import alone, linear, tiny
from tests.integer.cases import CASES

from earnest.file import dumps, file_report, sections
from earnest.integer.law.operator import ByteRole, declared
from earnest.integer.law.operators import OPERATORS
from earnest.integer.law.reshape import Reshape


def test_sections_of_a_program():
    data, report = dumps(tiny()), file_report(tiny())
    header = 8 + int.from_bytes(data[:8], "little")
    assert report.sections == {
        "weights": 3,  # 6 codes of 3 bits
        "group_multipliers": 1,  # 3 of them, all 1
        "biases": 1,  # 3 distances of 2 bits
        "multipliers_and_shifts": 2,  # equal values: 1 bit each
        "tables": 256,
        "positions": 2,  # 3 codes of 4 bits
        "header": header,
    }
    assert sum(report.sections.values()) == report.file_bytes == len(data)
    assert report.weight_codes == 6
    assert report.effective_bits_per_weight == 8 * len(data) / 6
    assert sections(tiny()) == report.sections


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_large_weight_costs_little_more_than_its_bits(bits):
    report = file_report(alone(linear(np.ones((256, 1024)), bits)))
    assert report.sections["weights"] == 32768 * bits
    assert bits < report.effective_bits_per_weight < bits + 0.15


def test_without_weights_there_is_no_figure():
    assert file_report(alone(Reshape(shape=(1,)))).effective_bits_per_weight is None


def test_every_array_of_the_law_has_a_role():
    roles = {width.role for operator in OPERATORS.values() for width in declared(operator).values()}
    assert roles == set(get_args(ByteRole))
    assert set(CASES) == set(OPERATORS)
