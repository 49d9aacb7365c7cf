"""A command line in the ledger holds no path of one machine."""

from pathlib import Path

import pytest

from earnest.lab.command import data_folder, shown_command


@pytest.mark.parametrize("named", [True, False])
def test_the_data_folder_is_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    data = tmp_path / "elsewhere" if named else tmp_path / "shared" / "data"
    environ = {"EARNEST_DATA": str(data)} if named else {}
    typed = "../elsewhere" if named else "../shared/data"
    line = [
        "evaluate",
        "a b.earnest",
        "--data",
        f"{typed}/librispeech/dev clean",
        f"--against={data}/models/x",
        "-j",
        "2",
    ]
    expected = "earnest evaluate 'a b.earnest' --data $EARNEST_DATA/'librispeech/dev clean' "
    expected += "--against=$EARNEST_DATA/models/x -j 2"
    assert shown_command(line, environ) == expected
    assert shown_command(["--data", str(data)], environ) == "earnest --data $EARNEST_DATA"
    assert data_folder(environ).resolve() == data


def test_other_paths_lose_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = str(tmp_path / "runs" / "a.earnest"), str(tmp_path.parent / "b.earnest")
    line = shown_command([inside, outside, "../c.earnest", "runs/d.earnest", "--limit=3"], {"EARNEST_DATA": "/nowhere"})
    assert line == "earnest runs/a.earnest b.earnest c.earnest runs/d.earnest --limit=3"
