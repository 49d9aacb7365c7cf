"""What brought nothing stands beside what it should have improved."""

from tests.report.material import evaluation

from earnest.report.markdown import read_table
from earnest.report.tables.tried import TRIED, render_tried


def test_a_trial_stands_beside_what_it_should_have_improved() -> None:
    rows = [
        evaluation("ternary-trained", errors=1800),
        evaluation("w2a8-trained", errors=900),
        evaluation("w2a8-trained", errors=800),
        evaluation("w2a8-trained", data="test-other", errors=800),
        evaluation("w4a4-longer", errors=600),
    ]
    ((_, *told),) = read_table(render_tried(rows)).lines
    assert told == ["`ternary-trained`", "18.00", "`w2a8-trained`", "8.00", "+10.00", "–", "0123456"]
    rows.append(evaluation("ternary-trained", data="test-other", errors=900))
    assert read_table(render_tried(rows)).lines[0][6] == "+1.00"


def test_the_table_stays_short() -> None:
    assert 0 < len(TRIED) <= 15
