"""Rows of kind "benchmark": what contradicts itself is refused; ratios; tables from the newest rows."""

from copy import deepcopy
from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.lab.benchmark import benchmarks, check_benchmark, comparisons, ratios
from earnest.lab.benchmark_tables import render_linear, render_memory, render_times
from earnest.lab.pages import regenerated
from lab.benchmark_row import LAYER, ROW, system


def changed(*path: str, value: Any) -> dict[str, Any]:
    row = deepcopy(ROW)
    place = row
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return row


def test_a_ratio_is_their_time_over_ours() -> None:
    assert ratios({name: figures["milliseconds"] for name, figures in ROW["systems"].items()}) == ROW["ratios"]
    assert ratios({"earnest-w8a8": 30.0}) == {}
    with pytest.raises(LedgerError, match="nothing to compare with"):
        ratios({"torch-eager": 180.0})


def test_what_else_a_row_shows() -> None:
    assert comparisons(ROW) == {
        "w4a8_speed_of_w8a8": 0.938,
        "w4a8_weights_of_w8a8": 0.5,
        "peak_of_torch_eager": 0.25,
        "run_peak_of_torch_eager": 0.3,
    }
    assert comparisons(ROW | {"memory": None, "systems": {"earnest-w8a8": system(30.0)}}) == {}


@pytest.mark.parametrize("key", ROW)
def test_a_missing_key_is_named(key: str) -> None:
    check_benchmark(ROW)
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        check_benchmark({name: value for name, value in ROW.items() if name != key})


@pytest.mark.parametrize(
    "row",
    [
        changed("kind", value="evaluation"),
        changed("threads", value=0),
        changed("threads", value=True),
        changed("other_load", value="low"),
        changed("systems", "earnest-w8a8", "milliseconds", value=15.0),
        changed("systems", "earnest-w8a8", "milliseconds", value="30"),
        changed("systems", "torch-eager", "fastest", value=181.0),
        changed("systems", "torch-eager", "frames_differing", value=1.5),
        changed("systems", "torch-eager", "frames_differing", value=None),
        changed("systems", "torch-eager", value=180.0),
        changed("systems", value={"torch-eager": system(180.0)}),
        changed("ratios", "torch-eager", value=6.1),
        changed("ratios", "torch-compile", value=6.0),
        changed("ratios", value={}),
        changed("failed", "torch-eager", value="it has times"),
        changed("failed", "torch-compile", value=""),
        changed("memory", "torch-eager", "run_peak_bytes", value=300_000_000),
        changed("memory", "torch-eager", "load_seconds", value=-1),
        changed("memory", "earnest-w8a8", "weight_bytes", value=None),
        changed("memory", "earnest-w8a8", "opened_seconds", value=0.6),
        changed("linear", "peak", value=0),
        changed("linear", "peak", value=700e9),
        changed("linear", "layers", value=[]),
        changed("linear", "layers", value=[LAYER]),
    ],
    ids=range(24),
)
def test_a_row_that_contradicts_itself_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(LedgerError):
        check_benchmark(row)


def test_the_latest_of_each_measurement_counts() -> None:
    again, short = ROW | {"command": "again"}, ROW | {"seconds": 5}
    assert benchmarks([{"kind": "evaluation"}, ROW, short, again]) == [short, again]
    with pytest.raises(LedgerError):
        benchmarks([{"kind": "benchmark"}])


def test_times_become_a_line() -> None:
    heading, rule, line, empty, machine = render_times([ROW]).split("\n")
    cells = dict(zip(heading.split(" | "), line.split(" | "), strict=True))
    assert rule.count("|") == heading.count("|") == line.count("|")
    assert cells["torch eager"] == "6.00 x (180 ms)"
    assert cells["w8a8"] == "30.0 ms"
    assert cells["torch.compile"] == "failed"
    assert cells["onnxruntime float32"] == "–"
    assert (empty, machine) == ("", "AMD EPYC, 2 cores; torch 2.13.0, onnxruntime 1.32.0.")


def test_memory_and_layers_become_lines() -> None:
    bare = ROW | {"seconds": 5, "memory": None, "linear": None}
    lines = render_memory([ROW, bare]).split("\n")
    assert "| earnest w8a8 | conformer | 15 s | 2 | 50 MB | 0.25 | 30 MB | 0.50 s | 13.00 MB |" in lines
    assert "| torch eager | conformer | 15 s | 2 | 200 MB | 1.00 | 100 MB | 0.50 s | – |" in lines
    assert len(lines) == 2 + 3 + 2
    assert "| 8 bits | 375 | 512 | 512 | 2 | 520 | 800 | 65 % |" in render_linear([bare, ROW]).split("\n")


def test_a_page_may_ask_for_them() -> None:
    page = "".join(f"<!-- table:{name} -->\n<!-- /table -->\n" for name in ("engine", "engine-memory", "engine-linear"))
    made = regenerated(page, [ROW])
    assert render_times([ROW]) in made
    assert render_memory([ROW]) in made
    assert render_linear([ROW]) in made
    assert regenerated(made, [ROW]) == made
    assert regenerated(page, []).count("|---|") == 2
