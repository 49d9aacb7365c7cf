"""Tables in Markdown are read as they were written."""

import pytest

from earnest.errors import LedgerError
from earnest.report.markdown import read_table, table


def test_what_is_written_is_read():
    heading, lines = ["a", "b", "c"], [["1", "x|y", "\\|"], ["", "a \\ b", "\\\\"], ["|", "–", "<b>"]]
    read = read_table(table(heading, lines, "lrc"))
    assert (read.heading, read.aligned, read.notes) == (("a", "b", "c"), "lrc", ())
    assert [list(line) for line in read.lines] == lines


def test_a_table_without_lines_and_with_notes():
    read = read_table(table(["a"], [], "l") + "\n\nOne machine.\n\nAnother.")
    assert (read.lines, read.notes) == ((), ("One machine.", "Another."))


def test_every_column_has_its_letter():
    with pytest.raises(ValueError, match="zip"):
        table(["a", "b"], [], "l")


@pytest.mark.parametrize("text", ["", "words", "| a |\n| b |", "| a |\n|---|---|", "| a |\n|---|\n| 1 | 2 |"])
def test_what_is_no_table_is_refused(text):
    with pytest.raises(LedgerError, match="expected a table in Markdown"):
        read_table(text)
