"""Files that mean harm: one clear line, or a finding; never another error, and never memory beyond the file's own."""

import tracemalloc
from pathlib import Path

import pytest
from tests.file.test_hostile import GOOD, HEADERS, LISTS
from tests.judge.program.test_agreement import CLAIMS

from earnest.errors import EarnestError, FileError
from earnest.judge.program.judging import judge_program

MOST_MEMORY = 64 << 20


def refused(data: bytes, folder: Path) -> str:
    """The one line, or the rules that do not hold; empty if there is neither."""
    file = folder / "hostile.earnest"
    file.write_bytes(data)
    try:
        verdict = judge_program(file)
    except EarnestError as error:
        told = str(error)
        return told if told.isprintable() else ""
    return " ".join(sorted({found.rule for found in verdict.failed} - CLAIMS))


@pytest.mark.parametrize("name", HEADERS)
def test_a_hostile_header(name: str, tmp_path: Path):
    assert refused(HEADERS[name][0] if isinstance(HEADERS[name], tuple) else HEADERS[name], tmp_path)


@pytest.mark.parametrize("name", LISTS)
def test_a_hostile_operator_list(name: str, tmp_path: Path):
    assert refused(LISTS[name][0] if isinstance(LISTS[name], tuple) else LISTS[name], tmp_path)


def test_any_truncation_is_seen(tmp_path: Path):
    for length in range(0, len(GOOD), 7):
        assert refused(GOOD[:length], tmp_path)


def test_any_flipped_bit_is_seen(tmp_path: Path):
    for at in range(0, len(GOOD), 5):
        assert refused(GOOD[:at] + bytes([GOOD[at] ^ (1 << at % 8)]) + GOOD[at + 1 :], tmp_path), at


def test_memory_is_bounded(tmp_path: Path):
    tracemalloc.start()
    try:
        for data in [*HEADERS.values(), *LISTS.values()]:
            refused(data[0] if isinstance(data, tuple) else data, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_what_is_no_file(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nothing", Path("/dev/zero")):
        with pytest.raises(FileError, match="expected a file"):
            judge_program(path)
