"""Tables of benchmarks, from the newest rows."""

from typing import Any

from earnest.ledger.benchmark import BenchmarkRow
from earnest.ledger.row import OtherRow
from earnest.report.pages import regenerated
from earnest.report.tables.benchmark import render_linear, render_memory, render_short, render_times
from earnest.report.tables.benchmark_ratios import benchmarks, comparisons
from ledger.benchmark_row import ROW, system


def row(**changes: Any) -> BenchmarkRow:
    return BenchmarkRow.of(ROW | changes)


def test_what_else_a_row_shows() -> None:
    assert comparisons(row()) == {
        "w4a8_speed_of_w8a8": 0.938,
        "w4a8_weights_of_w8a8": 0.5,
        "peak_of_torch_eager": 0.25,
        "run_peak_of_torch_eager": 0.3,
    }
    assert comparisons(row(memory=None, systems={"earnest-w8a8": system(30.0)}, failed={}, ratios={})) == {}


def test_the_latest_of_each_measurement_counts() -> None:
    again, short = row(command="again"), row(seconds=5)
    assert benchmarks([OtherRow.of({"kind": "other"}), row(), short, again]) == [short, again]


def test_times_become_a_line() -> None:
    heading, rule, line, empty, machine = render_times([row()]).split("\n")
    cells = dict(zip(heading.split(" | "), line.split(" | "), strict=True))
    assert rule.count("|") == heading.count("|") == line.count("|")
    assert cells["torch eager"] == "6.00 x (180 ms)"
    assert cells["w8a8"] == "30.0 ms"
    assert cells["torch.compile"] == "failed"
    assert cells["onnxruntime float32"] == "–"
    assert (empty, machine) == ("", "AMD EPYC, 2 cores; torch 2.13.0, onnxruntime 1.32.0.")


def test_the_short_table_has_the_fastest_of_the_8_bit_rivals() -> None:
    heading, _, line, *_ = render_short([row()]).split("\n")
    cells = dict(zip(heading.strip("| ").split(" | "), line.strip("| ").split(" | "), strict=True))
    assert len(cells) == 8
    assert (cells["w8a8"], cells["torch eager"], cells["torch.compile"]) == ("30.0 ms", "6.00 x", "–")
    assert cells["onnxruntime int8, fastest"] == "2.00 x"


def test_memory_and_layers_become_lines() -> None:
    bare = row(seconds=5, memory=None, linear=None)
    lines = render_memory([row(), bare]).split("\n")
    assert "| earnest w8a8 | conformer | 15 s | 2 | 50 MB | 0.25 | 30 MB | 0.50 s | 13.00 MB |" in lines
    assert "| torch eager | conformer | 15 s | 2 | 200 MB | 1.00 | 100 MB | 0.50 s | – |" in lines
    assert len(lines) == 2 + 3 + 2
    assert "| 8 bits | 375 | 512 | 512 | 2 | 520 | 800 | 65 % |" in render_linear([bare, row()]).split("\n")


def test_a_page_may_ask_for_them() -> None:
    page = "".join(f"<!-- table:{name} -->\n<!-- /table -->\n" for name in ("engine", "engine-memory", "engine-linear"))
    made = regenerated(page, [row()])
    assert render_times([row()]) in made
    assert render_memory([row()]) in made
    assert render_linear([row()]) in made
    assert regenerated(made, [row()]) == made
    assert regenerated(page, []).count("|---|") == 2
