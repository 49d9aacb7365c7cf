"""Rows of kind "benchmark": what contradicts itself is refused; ratios."""

from copy import deepcopy
from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.ledger.benchmark import BenchmarkRow, ratios
from ledger.benchmark_row import LAYER, ROW, system


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


@pytest.mark.parametrize("key", ROW)
def test_a_missing_key_is_named(key: str) -> None:
    BenchmarkRow.of(ROW)
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        BenchmarkRow.of({name: value for name, value in ROW.items() if name != key})


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
        BenchmarkRow.of(row)
