"""Places: the one that all operands have, and how a refusal names rows."""

import dataclasses

import pytest
from tests.integer.readings import ADD, ROW, SCALED, reading

from earnest.errors import ProgramError


def test_operands_with_tokens_have_them_in_one_place() -> None:
    assert reading(ADD, None, ROW, ROW).common() == ROW
    for places in ((ROW, SCALED), (None,)):
        with pytest.raises(ProgramError, match="y: add: reads tokens on different axes, so that tokens cannot be run"):
            reading(ADD, *places).common()


def test_a_refusal_speaks_of_the_rows_that_are_looked_at() -> None:
    frames = dataclasses.replace(reading(ADD, ROW), rows="frames")
    assert str(frames.refuse("mixes tokens")) == "y: add: mixes frames, so that frames cannot be run one by one"
