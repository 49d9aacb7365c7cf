"""What tables of every code share: the entry of each code, as many entries as codes, and their operand."""

import numpy as np
import pytest
from tests.integer.verifying import new_proof

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.look_up import check_entries, check_operand, look_up


def test_the_entry_of_each_index_in_its_place() -> None:
    table = np.asarray([10, 20, 30, 40])
    assert look_up(table, np.asarray([[3, 0], [1, 1]])).tolist() == [[40, 10], [20, 20]]


@pytest.mark.parametrize(("bits", "entries"), [(8, 255), (8, 257), (1, 3), (0, 1), (9, 512)])
def test_as_many_entries_as_codes(bits: int, entries: int) -> None:
    check_entries(np.zeros(16), 4, "entries", new_proof())
    with pytest.raises(ProgramError, match="expected"):
        check_entries(np.zeros(entries), bits, "entries", new_proof())


@pytest.mark.parametrize(("bits", "signed"), [(7, True), (8, False)])
def test_another_operand_is_refused(bits: int, signed: bool) -> None:
    operand = Domain.full(8, signed=True, shape=(2,))
    check_operand(operand, 8, True, new_proof())
    with pytest.raises(ProgramError, match=f"expected an input of {bits} bits, signed {signed}, got 8, True"):
        check_operand(operand, bits, signed, new_proof())
