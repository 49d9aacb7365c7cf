"""The ledger: rows go in whole, come back as they were, and a broken line is named."""

import json
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from earnest.errors import LedgerError
from earnest.ledger.ledger import append, environment, git_state, mend, read
from earnest.ledger.row import OtherRow

ROW = {"kind": "measured", "wer": 4.5, "interval": [-0.1, 0.3], "git": None, "data": "dev-clean ▁\u2028"}


other = OtherRow.of


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a committed package `src/a`."""
    (tmp_path / "src" / "a").mkdir(parents=True)
    (tmp_path / "src" / "a" / "b.py").write_text("1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_rows_come_back_in_order_as_they_were(tmp_path: Path) -> None:
    ledger = tmp_path / "results" / "ledger.jsonl"
    append(ledger, other(ROW))
    append(ledger, other({"kind": "other"}))
    assert read(ledger) == [other(ROW), other({"kind": "other"})]
    assert [json.loads(line) for line in ledger.read_text(encoding="utf-8").split("\n")[:-1]] == [
        ROW,
        {"kind": "other"},
    ]


def test_the_same_row_is_the_same_bytes(tmp_path: Path) -> None:
    append(tmp_path / "a", other({"b": 1, "a": [1.5, "ü"]}))
    append(tmp_path / "b", other({"a": [1.5, "ü"], "b": 1}))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == '{"a":[1.5,"ü"],"b":1}\n'.encode()


def test_a_row_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda f, data: (calls.append("write"), write(f, data))[1])
    monkeypatch.setattr(os, "fsync", lambda f: (calls.append("fsync"), fsync(f))[1])
    append(tmp_path / "a", other(ROW))
    assert calls == ["write", "fsync"]


def test_rows_of_many_writers_do_not_mix(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    rows = [other({"writer": i, "text": chr(97 + i) * 3_000}) for i in range(8)]
    threads = [threading.Thread(target=lambda row=row: [append(ledger, row) for _ in range(10)]) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(ledger)
    assert [found.count(row) for row in rows] == [10] * 8


@pytest.mark.parametrize(
    "row",
    [{"a": float("nan")}, {"a": float("inf")}, {"a": {1, 2}}, {1: "a"}, {"a": "\ud800"}, {"a": Path("x")}],
    ids=range(6),
)
def test_what_is_no_json_is_not_written(tmp_path: Path, row: dict) -> None:
    with pytest.raises(LedgerError, match="a row of the ledger"):
        append(tmp_path / "ledger.jsonl", other(row))
    assert not (tmp_path / "ledger.jsonl").exists()


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[1]", b"7", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": "\xff"}', b"[" * 100_000, b'{"a":1} {"b":2}'],
    ids=range(9),
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b'{"a":1}\n' + line + b'\n{"b":2}\n')
    with pytest.raises(LedgerError, match=r"ledger\.jsonl, line 2: expected a JSON object"):
        read(ledger)


def test_a_last_line_that_is_broken_off_is_neither_read_nor_continued(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b'{"a":1}\n{"b":2}')
    with pytest.raises(LedgerError, match="line 2: the last line is broken off"):
        read(ledger)
    with pytest.raises(LedgerError, match="broken off"):
        append(ledger, other(ROW))
    assert ledger.read_bytes() == b'{"a":1}\n{"b":2}'


def test_a_half_line_is_cut_off_and_a_whole_one_ended(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    whole = b'{"a":1}\n{"b":"\xc3\xbc"}'
    assert mend(ledger) is None
    for length in range(len(whole) + 1):
        ledger.write_bytes(whole[:length])
        told = mend(ledger)
        rows = read(ledger)
        assert rows == [other({"a": 1}), other({"b": "ü"})][: (length >= 7) + (length == len(whole))]
        assert (told is None) == (length in (0, 8))
        assert mend(ledger) is None
        append(ledger, other(ROW))
        assert read(ledger) == [*rows, other(ROW)]


def test_a_row_is_not_appended_twice(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    assert append(ledger, other({"cell": "a", "n": 1}), unless="cell")
    assert append(ledger, other({"kind": "other"}))
    assert not append(ledger, other({"cell": "a", "n": 2}), unless="cell")
    assert append(ledger, other({"cell": "b"}), unless="cell")
    assert [row.content().get("cell") for row in read(ledger)] == ["a", None, "b"]


def test_a_ledger_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(LedgerError, match="cannot be read"):
            read(path)
    with pytest.raises(LedgerError, match="cannot be written"):
        append(tmp_path, other(ROW))
    (tmp_path / "empty").touch()
    assert read(tmp_path / "empty") == []


def test_the_environment_is_json_and_names_no_machine() -> None:
    found = environment()
    assert set(found) == {"git", "versions", "machine", "system", "cpus"}
    versions = found["versions"]
    assert isinstance(versions, dict)
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == sys.modules["numpy"].__version__
    assert {"earnest", "torch"} <= set(versions)
    text = json.dumps(found)
    assert not any(name and name in text for name in (platform.node(), str(Path.home()), str(Path.cwd())))


def test_the_environment_imports_no_torch() -> None:
    code = (
        "import sys; from earnest.report.tables import evaluations; "
        "from earnest.ledger import ledger; ledger.environment(); "
        "sys.exit('torch' in sys.modules)"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environ).returncode == 0


def test_a_change_of_the_package_makes_it_dirty(repository: Path) -> None:
    package = repository / "src" / "a"
    commit = git(repository, "rev-parse", "HEAD")
    assert git_state(package) == {"commit": commit, "dirty": False}
    (repository / "ledger.jsonl").write_text("{}\n")
    assert git_state(package) == {"commit": commit, "dirty": False}
    (package / "b.py").write_text("2\n")
    assert git_state(package) == {"commit": commit, "dirty": True}
    git(repository, "checkout", "-q", ".")
    (package / "c.py").write_text("3\n")
    assert git_state(package) == {"commit": commit, "dirty": True}


def test_a_package_that_is_not_tracked_has_no_commit(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    installed = repository / ".venv" / "a"
    installed.mkdir(parents=True)
    (installed / "b.py").write_text("1\n")
    assert git_state(installed) is None
    assert git_state(tmp_path_factory.mktemp("nowhere")) is None


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "b.py").write_text("1\n")
    git(tmp_path, "add", ".")
    assert git_state(tmp_path) is None


def test_a_hook_does_not_mislead(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert git_state(repository / "src" / "a") == {"commit": commit, "dirty": False}


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state(repository / "src" / "a") is None
