"""Plots are figures that plotly knows, and say what the rows say."""

import json
import math
import re

import plotly.graph_objects as go
import pytest
from tests.report.material import HOSTILE, evaluation, experiment, hostile_report, rich_report, sensitivity

from earnest.report.html.fronts import planes
from earnest.report.html.plots import BARS, FADED, SHORTEST, WIDTH, above, front_figure, sensitivity_figure
from earnest.report.tables.sensitivity import scans


def plane(*rows, cost="file_bytes"):
    (found,) = planes(rows, cost)
    return found


def drawn(*rows, **named):
    return front_figure(plane(*rows, **named), ["int8", "int8x16"])


@pytest.mark.parametrize("made", [rich_report, hostile_report])
def test_plotly_knows_every_property(tmp_path, made):
    content = made(tmp_path)
    figures = [front_figure(found, content.summary.targets) for found in (*content.by_bytes, *content.by_time)]
    figures += [sensitivity_figure(scan) for scan in content.scans]
    assert len(figures) >= 3
    for figure in figures:
        go.Figure(**json.loads(json.dumps(figure, allow_nan=False)))
    with pytest.raises(ValueError, match="plantd"):
        go.Figure(data=[{"type": "scatter", "plantd": 1}])


def test_the_front_is_a_step_line_and_what_is_beaten_is_faded():
    line, beaten, best, sign = drawn(
        evaluation("a", file_bytes=4_000_000, errors=700),
        evaluation("b", file_bytes=9_000_000, errors=500),
        evaluation("planted", file_bytes=9_500_000, errors=600),
    )["data"]
    assert (line["x"], line["y"], line["line"]["shape"]) == ([4.0, 9.0], [2.5, 0.5], "hv")
    assert (beaten["x"], beaten["y"], beaten["opacity"]) == ([9.5], [1.5], FADED)
    assert (best["x"], best.get("opacity", 1)) == ([4.0, 9.0], 1)
    assert best["error_y"]["array"] == pytest.approx([0.3, 0.3])
    assert best["error_y"]["arrayminus"] == pytest.approx([0.2, 0.2])
    assert (sign["name"], sign["showlegend"], sign["x"]) == ("int8x16", True, [None])


def test_a_target_has_one_colour_on_the_page():
    alone = drawn(evaluation())["data"]
    both = drawn(evaluation(), evaluation(target="int8"))["data"]
    assert alone[2]["marker"]["color"] == both[6]["marker"]["color"] != both[2]["marker"]["color"]


def test_trials_are_hollow():
    best = drawn(experiment("t", search="tpe", trial=3))["data"][2]
    assert best["marker"]["symbol"] == ["diamond-open"]
    assert "trial 3" in best["hovertext"][0]


def test_what_is_far_above_is_out_of_the_picture_and_counted():
    near, far = evaluation("near", errors=500), evaluation("far", errors=5000, file_bytes=3_000_000)
    assert above(plane(near, far)) == 1
    assert drawn(near, far)["layout"]["yaxis"]["range"][1] < 16
    assert above(plane(near)) == above(plane(far)) == 0


def test_a_point_says_what_its_row_says():
    text = drawn(experiment(errors=600), cost="milliseconds")["data"][2]["hovertext"][0]
    for told in ("w4a8+gptq", "int8x16", "methods: gptq", "WER 6.00, float 4.50", "+1.50 (+1.30 … +1.80)", "7.50 MB"):
        assert told in text
    for told in ("4.00 mean, 4.62 effective", "60.0 ms", "level H4", "grid", "commit 0123456"):
        assert told in text
    assert "bits" not in drawn(evaluation())["data"][2]["hovertext"][0]


def test_bars_are_ordered_and_nothing_that_was_not_measured_is_drawn():
    (scan,) = scans(
        [
            sensitivity("weak", loss=0.001, kl=2.0),
            sensitivity("strong", loss=0.5, kl=0.125, bits=0),
            sensitivity("surer", loss=-0.25),
            sensitivity("strong", "all but", loss=0.02),
        ]
    )
    figure = sensitivity_figure(scan)
    alone, all_but = figure["data"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["strong", "weak", "surer"]
    assert (alone["y"], alone["x"], all_but["y"], all_but["x"]) == ([0, 1, 2], [0.5, 0.001, SHORTEST], [0], [0.02])
    assert alone["text"] == ["0.5", "0.001", "-0.25"]
    assert "16 operators<br>loss 0.5 a token<br>KL 0.125 a frame<br>WER 4.90" in alone["hovertext"][0]
    assert "16 operators, weights 4 bits<br>" in alone["hovertext"][1]
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert figure["layout"]["xaxis"]["range"] == [-7, pytest.approx(math.log10(0.5) + 0.1)]


@pytest.mark.parametrize("loss", [-3.0, 0.0, 1e-9, 0.01, 0.0101, 0.99, 3.0])
def test_an_axis_has_ticks_and_its_bars_have_length(loss):
    (scan,) = scans([sensitivity(loss=loss)])
    low, high = sensitivity_figure(scan)["layout"]["xaxis"]["range"]
    assert (low, high >= low + 1) == (int(low), True)
    assert 10**low < 0.8 * max(loss, SHORTEST) < max(loss, SHORTEST) < 10**high


def test_long_names_keep_their_end_and_long_lists_their_beginning():
    (scan,) = scans(
        [sensitivity(f"encoder.layers.{i}.self_attn.linear_query", loss=1 / (i + 1)) for i in range(BARS + 5)]
    )
    names = sensitivity_figure(scan)["layout"]["yaxis"]["ticktext"]
    assert len(names) == BARS
    assert names[11] == "…11.self_attn.linear_query"
    (scan,) = scans([sensitivity("x" * 100)])
    assert [len(name) for name in sensitivity_figure(scan)["layout"]["yaxis"]["ticktext"]] == [WIDTH]


def test_no_text_of_a_ledger_is_markup_to_plotly(tmp_path):
    content = hostile_report(tmp_path)
    figures = [front_figure(found, content.summary.targets) for found in (*content.by_bytes, *content.by_time)]
    text = json.dumps([*figures, *map(sensitivity_figure, content.scans)], ensure_ascii=False)
    assert HOSTILE[:9] not in text
    assert set(re.findall(r"<[^>]*>", text)) <= {"<br>", "<b>", "</b>"}
    assert "\u202e" not in text
