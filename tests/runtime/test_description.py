"""What a program says of itself is read as it was written, and nothing else is taken for it."""

from dataclasses import replace
from typing import Any

import pytest

from earnest.errors import FileError
from earnest.file import load
from earnest.integer.program.program import Program
from earnest.runtime.audio import read_audio
from earnest.runtime.description import CalibrationRecording, describe
from earnest.runtime.fingerprint import audio_sha256
from synthetic import TinyWorld


@pytest.fixture(scope="module")
def program(tiny_world: TinyWorld) -> Program:
    return load(tiny_world.program)


def test_what_is_written_is_read(program: Program) -> None:
    assert describe(replace(program, description=describe(program).to_dict())) == describe(program)


def test_the_program_names_what_calibration_heard(program: Program, tiny_world: TinyWorld) -> None:
    paths = sorted(path for path in tiny_world.data.rglob("*") if path.suffix in (".flac", ".wav"))
    expected = [
        CalibrationRecording(id=path.stem, audio_sha256=audio_sha256(read_audio(path).samples)) for path in paths
    ]
    assert list(describe(program).calibration) == expected


@pytest.mark.parametrize(
    ("calibration", "message"),
    [
        ("none", "a list of at most"),
        ([["a"]], "a list of at most"),
        ([["a", 5]], "a list of at most"),
        ([["", "0" * 64]], "1 to 200 printable"),
        ([["a\nb", "0" * 64]], "1 to 200 printable"),
        ([["a", "0" * 63]], "expected a SHA-256"),
        ([["a", "G" * 64]], "expected a SHA-256"),
    ],
)
def test_a_list_that_is_none_is_refused(program: Program, calibration: Any, message: str) -> None:
    with pytest.raises(FileError, match=message):
        describe(replace(program, description={**program.description, "calibration": calibration}))


def test_a_program_that_names_nothing_is_refused(program: Program) -> None:
    kept = {key: value for key, value in program.description.items() if key != "calibration"}
    with pytest.raises(FileError, match="expected a description of"):
        describe(replace(program, description=kept))
    assert describe(replace(program, description={**kept, "calibration": []})).calibration == ()
