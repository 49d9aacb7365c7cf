"""`earnest train`: what it prints, and the row that it keeps."""

import json
from pathlib import Path

import pytest
from tests.training.tiny_training import biased, write_training

from earnest.cli import main
from earnest.lab.work_folder import WorkFolder
from earnest.ledger.ledger import read
from earnest.ledger.training import TrainingRow
from earnest.report.tables.training import render_training
from synthetic import TinyWorld


def test_a_run_becomes_a_row_without_a_path_of_the_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, ledger = write_training(tmp_path, steps=4), tmp_path / "ledger.jsonl"
    line = ["train", file, "--work", tmp_path / "work", "--ledger", ledger, "--json"]
    assert main(list(map(str, line))) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [words.split("  ")[0] for words in err.splitlines()] == ["step 2", "step 4", "step 4"]
    (row,) = read(ledger)
    assert isinstance(row, TrainingRow)
    assert row.settings is not None
    assert row.settings["data"] == {"train": ["humming"], "validation": ["humming"]}
    told = json.loads(ledger.read_text(encoding="utf-8"))
    assert {key: told[key] for key in found if key not in ("file", "result")} == {
        key: value for key, value in found.items() if key not in ("file", "result")
    }
    assert str(tmp_path) not in ledger.read_text(encoding="utf-8").replace(row.command, "")
    assert "| tiny |" in render_training([row])


def test_the_row_has_no_path_of_a_teacher(
    tmp_path: Path, tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    file, ledger = write_training(tmp_path, steps=2), tmp_path / "ledger.jsonl"
    teacher = biased(tiny_world.model, tmp_path / "teacher", "<unk>", -1e4)
    line = ["train", file, "--work", tmp_path / "work", "--ledger", ledger, "--quiet"]
    line += ["--set", "descent.warmup=1", "--set", f"hypotheses.teacher={teacher}"]
    line += ["--set", f'hypotheses.data=["{tiny_world.data}"]']
    assert main(list(map(str, line))) == 0, capsys.readouterr().err
    (row,) = read(ledger)
    assert isinstance(row, TrainingRow)
    assert row.settings is not None
    assert row.settings["hypotheses"] == {"teacher": "teacher", "data": ["synthetic"]}


def test_what_was_trained_on_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["train", write_training(tmp_path, steps=40), "--work", tmp_path / "work", "--json", "--quiet"]
    assert main(list(map(str, line))) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["utterances"] + found["left_out"] == 9
    assert found["hours"] == pytest.approx(sum(0.5 + 0.13 * index for index in range(9)) / 3600, abs=1e-3)
    most = 40 * 2.5 / 3600
    assert 0.5 * most < found["hours_heard"] <= most


def test_a_wrong_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_training(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace("seed = 3", "seed = -3"), encoding="utf-8")
    assert main(["train", str(file)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "seed" in err
    assert "docs/training.md" in err


def test_a_folder_where_another_process_works_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_training(tmp_path, steps=4)
    with WorkFolder(root=tmp_path / "work").locked():
        assert main(["train", str(file), "--work", str(tmp_path / "work")]) == 2
    assert "another process works there" in capsys.readouterr().err
    assert not (tmp_path / "work" / "log.jsonl").exists()
