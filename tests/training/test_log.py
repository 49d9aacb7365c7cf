"""The log: what was done twice stands there once, and a broken line is none."""

from pathlib import Path

import pytest

from earnest.errors import TrainingError
from earnest.training import log


def test_lines_come_back_and_those_after_a_step_are_dropped(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert log.read(file) == []
    lines = [{"step": step, "loss": 1 / step} for step in (2, 4, 6)]
    for line in lines:
        log.append(file, line)
    assert log.read(file) == lines
    log.cut(file, 4)
    assert log.read(file) == lines[:2]


def test_a_line_that_a_kill_broke_off_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    log.append(file, {"step": 1})
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"step": 2, "lo')
    assert log.read(file) == [{"step": 1}]
    log.cut(file, 9)
    log.append(file, {"step": 2})
    assert log.read(file) == [{"step": 1}, {"step": 2}]


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("hello\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"log\.jsonl"):
        log.read(tmp_path / "log.jsonl")
    with pytest.raises(TrainingError, match="cannot be written"):
        log.append(tmp_path / "no-folder" / "log.jsonl", {})


def test_the_best_validation_is_that_of_the_last_step_with_the_fewest_errors() -> None:
    def counted(step: int, data: str, errors: int) -> dict[str, object]:
        return {"step": step, "data": data, "errors": errors}

    lines = [counted(2, "a", 5), counted(2, "b", 1), {"step": 4}, counted(4, "a", 1), counted(4, "b", 3)]
    later = [counted(6, "a", 0), counted(6, "b", 4), counted(8, "a", 2), counted(8, "b", 3)]
    assert log.best_validation([*lines, *later]) == later[:2]
    assert log.best_validation([{"step": 4}]) == []
