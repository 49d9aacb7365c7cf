"""The ledger of results: one JSON object a line, only ever appended to; every number in the documents comes from it."""

import contextlib
import fcntl
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from earnest.errors import LedgerError
from earnest.ledger.rows import AnyRow, parsed_row

_PACKAGES = ("earnest", "numpy", "scipy", "soundfile", "torch")
_GIT_SECONDS = 20


def append(path: str | os.PathLike[str], row: AnyRow, *, unless: str | None = None) -> bool:
    """Append one row as canonical JSON (sorted keys, one line) in a single write, and wait until it is on the disk.

    `unless` names a key: where the ledger has a row with the same value under it, nothing is appended, and the answer
    is False. The file and its folder are made if they are not there. LedgerError: a row that holds a value that is no
    JSON or not finite, a last line that is broken off, a file that cannot be written.
    """
    content = row.content()
    line = canonical(content)
    file = Path(path)
    with _locked(file) as (descriptor, size):
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            raise LedgerError(f"{file}: the last line is broken off; mend or remove it before anything is appended")
        if unless is not None and any(known.get(unless) == content[unless] for known in _objects(file)):
            return False
        written = os.write(descriptor, line)
        if written != len(line):
            raise LedgerError(f"{file}: {written} of {len(line)} bytes could be written; the disk may be full")
        os.fsync(descriptor)
    return True


def mend(path: str | os.PathLike[str]) -> str | None:
    """Bring a last line that is broken off, as a kill or a full disk leaves it, to an end; what was done, in words.

    A row that lacks nothing but its line feed gets it. Whatever else stands behind the last line feed is no row, and is
    cut off: the half of a JSON object is never an object. None where there is nothing to mend, or no ledger.
    """
    file = Path(path)
    if not file.exists():
        return None
    with _locked(file) as (descriptor, size):
        content = os.pread(descriptor, size, 0)
        kept, feed, tail = content.rpartition(b"\n")
        if not tail:
            return None
        try:
            _parse(tail, str(file))
        except LedgerError:
            os.ftruncate(descriptor, len(kept) + len(feed))
            done = f"{file}: cut off {len(tail)} bytes of a last line that was never written to its end"
        else:
            os.write(descriptor, b"\n")
            done = f"{file}: ended the last line, a whole row without its line feed"
        os.fsync(descriptor)
    return done


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[tuple[int, int]]:
    """The descriptor of a ledger that nobody else appends to meanwhile, and its size."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # else the end may be that of a half line
            yield descriptor, os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LedgerError(f"{file}: cannot be written: {error.strerror}") from error


def read(path: str | os.PathLike[str]) -> list[AnyRow]:
    """All rows, oldest first. LedgerError names the file that cannot be read, or the line that is no JSON object or
    breaks the form of its kind: the key, what was expected and what came.
    """
    file = Path(path)
    return [parsed_row(row, f"{file}, line {number}") for number, row in enumerate(_objects(file), start=1)]


def _objects(file: Path) -> list[dict[str, Any]]:
    """The JSON objects of all lines."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise LedgerError(f"{file}: the ledger cannot be read: {error.strerror}") from error
    lines = content.split(b"\n")
    if lines.pop():
        raise LedgerError(f"{file}, line {len(lines) + 1}: the last line is broken off")
    return [_parse(line, f"{file}, line {number}") for number, line in enumerate(lines, start=1)]


def environment(also: Sequence[str] = ()) -> dict[str, object]:
    """What a result was made with: `git` (see `git_state`), `versions`, `machine`, `system`, `cpus`.

    Versions are read from the packages' metadata, those of `also` among them, None where a package is not installed;
    nothing is imported for it. There is no path and no host name in it.
    """
    versions: dict[str, str | None] = {"python": platform.python_version()}
    for package in (*_PACKAGES, *also):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "git": git_state(Path(__file__).resolve().parent.parent),
        "versions": versions,
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
    }


def git_state(package: Path) -> dict[str, object] | None:
    """The commit of the repository that tracks this package, and `dirty`: whether a file of it differs.

    None where there is no git, no commit, or the package is not tracked (an installed copy inside somebody's
    repository). Files outside the package, the ledger itself among them, do not make it dirty.
    """
    tracked = _git(package, "ls-files", "--", ".")
    commit = _git(package, "rev-parse", "--verify", "HEAD")
    status = _git(package, "status", "--porcelain", "--", ".")
    if not tracked or not commit or status is None:
        return None
    return {"commit": commit.strip(), "dirty": bool(status)}


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where it fails; a hook's GIT_DIR must not lead it to another repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
            env=kept | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def canonical(content: Mapping[str, Any]) -> bytes:
    """The line of a row: JSON with sorted keys and no space, and a line feed. LedgerError: no finite JSON values."""
    try:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise LedgerError(f"a row of the ledger: expected finite JSON values: {error}") from error


def _parse(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{where}: expected a JSON object: {error}") from error
    if not isinstance(row, dict):
        raise LedgerError(f"{where}: expected a JSON object, got {type(row).__name__}")
    return row


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError(f"a key is there twice among {sorted(key for key, _ in pairs)}")
    return keys
