"""Kinds of looking: each leaves the rows where they were, or says why it may not."""

import pytest
from tests.integer.readings import ADD, LINEAR, MASKED, MATMUL, ROW, ROWS, SCALED, reading

from earnest.errors import ProgramError
from earnest.integer.law.locality import CodeByCode, Product, RowByRow
from earnest.integer.law.places import Rows


def test_operators_look_as_their_kind_does() -> None:
    assert isinstance(ADD, CodeByCode)
    assert isinstance(LINEAR, RowByRow)
    assert isinstance(MATMUL, Product)
    assert (ADD.row_local, MATMUL.row_local, MATMUL.remembers) == (True, False, True)


def test_code_by_code_is_what_is_read() -> None:
    assert ADD.place(reading(ADD, ROW, None, shapes=(ROWS, (1, 1, 8)))) == ROW
    with pytest.raises(ProgramError, match="something else for each of the tokens"):
        ADD.place(reading(ADD, ROW, None, shapes=(ROWS, ROWS)))
    with pytest.raises(ProgramError, match="changes probabilities"):
        ADD.place(reading(ADD, MASKED, MASKED))


def test_row_by_row_does_not_go_over_the_tokens() -> None:
    assert LINEAR.place(reading(LINEAR, ROW)) == ROW
    for place in (Rows(axis=-1), SCALED):
        with pytest.raises(ProgramError, match="goes over the tokens"):
            LINEAR.place(reading(LINEAR, place))


def test_a_product_sums_over_tokens_under_a_mask_alone() -> None:
    assert MATMUL.place(reading(MATMUL, ROW, Rows(axis=-1))) == SCALED
    assert MATMUL.place(reading(MATMUL, MASKED, ROW)) == ROW
    with pytest.raises(ProgramError, match="sums over tokens without a causal mask"):
        MATMUL.place(reading(MATMUL, SCALED, ROW))
