"""Pictures: well-formed, the same bytes from the same rows, and every mark where its row says."""

import re
from xml.etree import ElementTree

import pytest
from tests.report.material import evaluation, experiment, sensitivity

from earnest.report.plots import svg
from earnest.report.plots.error import BOTTOM, HIGHEST, LEFT, RIGHT, TOP, draw_errors, height
from earnest.report.plots.sensitivity import draw_sensitivity

SPACE = "{http://www.w3.org/2000/svg}"


def parts(drawing: str, name: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(drawing).findall(f"{SPACE}{name}")


def texts(drawing: str) -> list[str]:
    return [part.text or "" for part in parts(drawing, "text")]


def test_a_program_stands_where_its_row_says() -> None:
    rows = [
        evaluation("w8a8-best", file_bytes=14_000_000, errors=470),
        evaluation("old", file_bytes=6_000_000, errors=1000),
        evaluation("old", file_bytes=6_000_000, errors=850),
        evaluation("beaten", file_bytes=15_000_000, errors=500),
        evaluation("far", file_bytes=5_000_000, errors=5000),
        experiment("trial", search="tpe", trial=1),
        evaluation("w8a8", data="test-other"),
    ]
    drawing = draw_errors(rows)
    _, *marks = parts(drawing, "polygon")  # the first one explains the others
    corners = [[tuple(map(float, corner.split(","))) for corner in part.get("points", "").split()] for part in marks]
    pixels = (RIGHT - LEFT) / (16 - 4)  # for each megabyte
    found = {(part.get("fill"), top[0], left[1]) for part, (top, _, _, left) in zip(marks, corners, strict=True)}
    assert found == {
        (fill, round(LEFT + pixels * (size - 4), 1), round(height(difference), 1))
        for fill, size, difference in ((svg.SERIES[0], 14, 0.2), (svg.SERIES[0], 6, 4.0), (svg.FADED, 15, 0.5))
    }
    assert "w8a8-best" in texts(drawing)
    assert not {"old", "beaten", "far", "trial"} & set(texts(drawing))


def test_the_axis_is_stretched_near_the_float_model() -> None:
    assert (height(-1.0), height(0.0), height(HIGHEST)) == (BOTTOM, BOTTOM, TOP)
    assert height(HIGHEST / 4) == pytest.approx((BOTTOM + TOP) / 2)


def test_names_lie_on_no_other_and_within_the_picture() -> None:
    names = ("w8a8-best", "w8a8", "mixed-best@4.5 bits", "w4a8-fine", "w4a8-best")
    rows = [evaluation(name, errors=470 + place, file_bytes=13_000_000) for place, name in enumerate(names)]
    drawing = draw_errors(rows)
    found = {part.text: (float(part.get("x", "")), float(part.get("y", ""))) for part in parts(drawing, "text")}
    places = sorted(found[name] for name in names)
    assert len(set(places)) == len(names)
    assert all(LEFT <= x <= RIGHT for x, _ in places)


def test_bars_are_as_long_as_what_is_lost() -> None:
    rows = [sensitivity("softmax", loss=0.02), sensitivity("head", loss=0.005), sensitivity("surer", loss=-0.1)]
    drawing = draw_sensitivity(rows)
    paper, *bars = parts(drawing, "rect")
    assert paper.get("fill") == svg.PAPER
    widths = [float(bar.get("width", "")) for bar in bars]
    assert widths == [490.0, 122.5, 1.0]
    assert texts(drawing)[2:] == ["softmax", "0.0200", "head", "0.0050", "surer", "-0.1000"]
    assert "w4a8 on int8x16, 100 utterances of dev-clean" in texts(drawing)


@pytest.mark.parametrize("draw", [draw_errors, draw_sensitivity])
def test_a_picture_is_the_same_bytes_and_holds_no_markup_of_a_stranger(draw) -> None:
    hostile = "</text><script>x</script>&"
    rows = [evaluation("w8a8-best", target=hostile), sensitivity(hostile, data=hostile), evaluation()]
    drawing = draw(rows)
    assert drawing == draw(rows)
    assert not re.search("<script", drawing)
    assert any(hostile in text for text in texts(drawing))
    ElementTree.fromstring(draw([]))
