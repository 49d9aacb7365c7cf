"""`earnest run` and `earnest search`: one line for what is wrong, before any work, and one object with `--json`."""

import json
from pathlib import Path

import pytest
from tests.lab.tiny_experiment import write_experiment

from earnest.cli import main
from earnest.errors import ExperimentError
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import read
from earnest.ledger.rows import of_kind
from synthetic import TinyWorld


def line(command: str, file: Path, folder: Path) -> list[str]:
    found = [command, file, "--ledger", folder / "ledger.jsonl", "--work", folder / "work", "-j", "1"]
    return list(map(str, found))


@pytest.fixture(scope="module")
def folder(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an experiment and a search share their work."""
    place = tmp_path_factory.mktemp("runs")
    write_experiment(place, tiny_world, recipes='["w8a8"]', trials=2)
    return place


def test_run_and_search_print_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*line("run", folder / "tiny.toml", folder), "--json", "--quiet"]) == 0
    found, err = capsys.readouterr()
    first = json.loads(found)
    assert err == ""
    assert (first["experiment"], first["cells"], first["found"], first["failed"]) == ("tiny", 1, 0, [])
    assert list(map(EvaluationRow.of, first["rows"])) == read(folder / "ledger.jsonl")
    assert main([*line("search", folder / "tiny.toml", folder), "--json"]) == 0
    found, err = capsys.readouterr()
    second = json.loads(found)
    assert (second["search"], second["trials"], second["objectives"]) == ("tiny", 2, ["wer", "bytes"])
    assert all("% of" in each and each.startswith("note: ") for each in err.splitlines())
    rows = of_kind(read(folder / "ledger.jsonl"), EvaluationRow)
    trials = {row.cell: row for row in rows if row.trial is not None}
    for each in second["front"]:
        row = trials[each["cell"]]
        assert (row.wer, row.file_bytes, row.settings) == (each["wer"], each["bytes"], each["settings"])
    assert str(folder) not in (folder / "ledger.jsonl").read_text()


def test_run_prints_a_table_and_tells_a_mended_ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line("run", folder / "tiny.toml", folder)) == 0
    before = capsys.readouterr()
    assert before.err == ""
    assert before.out.startswith("tiny: 1 of 1 cells in ")
    assert before.out.splitlines()[1].split()[:5] == ["program", "recipe", "target", "seed", "data"]
    with (folder / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"half')
    assert main(line("run", folder / "tiny.toml", folder)) == 0
    after = capsys.readouterr()
    assert after.out == before.out
    assert after.err.startswith("note: ")
    assert "cut off 6 bytes of a last line" in after.err


@pytest.mark.parametrize("command", ["run", "search"])
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "tiny"', "name = 3", "name: Input should be a valid string, got 3"),
        ("int8x16", "tpu", "expected a target of"),
        ("w8a8", "w1a1", "expected a recipe of"),
        ("[calibration]\ndata = ", '[calibration]\ndata = "nowhere"\n#', "nowhere: no such folder"),
        ("model = ", 'model = ["nowhere"]\n#', "nowhere: cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(
    tiny_world: TinyWorld,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    old: str,
    new: str,
    message: str,
) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8"]', trials=2)
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    assert main(line(command, file, tmp_path)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    with pytest.raises(Exception, match=r"expected|no such|cannot|should"):
        main(["--debug", *line(command, file, tmp_path)])


def test_places_that_cannot_be_used(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8"]')
    (tmp_path / "file").touch()
    (tmp_path / "broken.jsonl").write_text("{}\n[]\n")
    for option, value, message in (
        ("--ledger", tmp_path / "file" / "ledger", "--ledger: cannot make"),
        ("--ledger", tmp_path, "is a folder"),
        ("--ledger", tmp_path / "broken.jsonl", "line 2: expected a JSON object"),
        ("--work", tmp_path / "file", "cannot be used as a work folder"),
    ):
        found = line("run", file, tmp_path)
        found[found.index(option) + 1] = str(value)
        assert main(found) == 2
        assert message in capsys.readouterr().err
    with pytest.raises(ExperimentError):
        main(["--debug", *line("run", tmp_path / "none.toml", tmp_path)])
    assert main(line("search", file, tmp_path)) == 2
    assert "expected a table [search]" in capsys.readouterr().err
