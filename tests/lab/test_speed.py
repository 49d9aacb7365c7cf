"""Speeds of families: what a row holds and how it becomes cells; no test says how fast anything is."""

from typing import Any

import pytest

from earnest.errors import EarnestError
from earnest.lab import speed
from earnest.lab.speed import measure_speed
from earnest.lab.timing import interleaved
from earnest.ledger.row import OtherRow
from earnest.ledger.speed import SpeedRow
from earnest.report.tables.speed import TINY, speed_cells, speed_note, speeds
from earnest.zoo.families import FAMILIES
from earnest.zoo.published import PUBLISHED
from ledger.speed_row import ROW

COMMAND = "earnest coverage --speed tiny"


def row(**changes: Any) -> SpeedRow:
    return SpeedRow.of(ROW | changes)


@pytest.mark.parametrize("name", ["torch-attention", "torch-decoder"])
def test_a_family_is_timed_beside_its_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "ROUNDS_TINY", 2)
    found = measure_speed(name, TINY, FAMILIES[name], "w8a8", "int8x16", command=COMMAND)
    assert (found.family, found.size, found.time, found.threads) == (name, TINY, 1000, 1)
    assert found.rounds == 2
    assert found.tokens == (48 if name == "torch-decoder" else 0)
    assert found.parameters == sum(p.numel() for p in FAMILIES[name].module().parameters())


def test_a_program_that_computes_something_else_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "LEAST_DECIBEL", 90.0)
    with pytest.raises(EarnestError, match=r"torch-attention: expected 90\.0 dB or more beside float32, got"):
        measure_speed("torch-attention", TINY, FAMILIES["torch-attention"], "w8a8", "int8x16", command=COMMAND)


def test_runs_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []
    found = interleaved(lambda: turns.append("a"), lambda: turns.append("b"), rounds=3)
    assert turns == ["a", "b"] * 4
    assert [len(times) for times in found] == [3, 3]


def test_published_sizes_are_those_of_families_of_the_table() -> None:
    for name, published in PUBLISHED.items():
        family = FAMILIES[name]
        assert (published.part, published.most_tokens) == (family.part, family.most_tokens)
        assert (published.features is None, published.frames is None) == (
            family.features is None,
            family.frames is None,
        )


def test_the_latest_speed_of_each_size_fills_the_cells() -> None:
    rows = [row(ratio=1.0), row(ratio=1.5), row(size="a-base", parameters=94_400_000, ratio=2.345)]
    others = [
        row(recipe="w4a8", ratio=9.0),
        row(target="int8", ratio=9.0),
        OtherRow.of({"kind": "other"}),
        row(family="b"),
    ]
    found = speeds([*rows, *others])
    assert speed_cells(found, "a", "–") == ["1.50", "2.35 (a-base, 94 M)"]
    assert speed_cells(found, "b", "–") == ["30.00", "–"]
    assert speed_cells(found, "c", "–") == ["–", "–"]
    assert speed_note(found) == "\n\nSpeed: a processor, 2 cores; torch 2."
    assert speed_note({}) == ""
