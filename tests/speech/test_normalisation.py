"""Upper case, single spaces, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from earnest.speech.normalisation import NORMALISATION, normalise, words


def test_case_and_spaces_alone_change() -> None:
    assert normalise("  It's\tfive o'clock,\n  Mr. Café-42!  ") == "IT'S FIVE O'CLOCK, MR. CAFÉ-42!"
    assert words(" a  b ") == ["A", "B"]
    assert words(" \t ") == []


def test_the_rule_has_a_name_and_a_version() -> None:
    assert NORMALISATION == "upper-case-1"


@given(st.text(alphabet="aBc ÄßI'ı\t\u00a0\n"))
def test_twice_is_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert " ".join(words(text)) == normalise(text)
