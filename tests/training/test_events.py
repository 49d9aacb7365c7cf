"""Events of TensorBoard hold the numbers of the log at their steps."""

import struct
import sys
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event

from earnest.errors import TrainingError
from earnest.training.events import Events


def scalars(folder: Path) -> list[tuple[int, str, float]]:
    """Read the records: length (8 bytes), its checksum (4), an event, its checksum (4)."""
    found = []
    for file in sorted(folder.glob("events.*")):
        content = file.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])
            event = Event.FromString(content[12 : 12 + length])
            found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
            content = content[16 + length :]
    return found


def test_every_number_of_a_line_is_there(tmp_path: Path) -> None:
    events = Events(tmp_path)
    events.add({"step": 10, "loss": 2.5, "rate": 0.25})
    events.add({"step": 10, "data": "dev", "wer": 50.0, "words": 9, "utterances": 2})
    for result, rate in (("program.earnest", 40.0), ("program-w8a8.earnest", 30.0)):
        events.add({"step": 10, "result": result, "data": "dev", "wer": rate, "words": 9})
    events.add({"step": 20, "loss": 1.5, "rate": 0.125, "device": "cpu"})
    events.close()
    assert scalars(tmp_path) == [
        (10, "loss", 2.5),
        (10, "rate", 0.25),
        (10, "wer/dev", 50.0),
        (10, "wer/program.earnest/dev", 40.0),
        (10, "wer/program-w8a8.earnest/dev", 30.0),
        (20, "loss", 1.5),
        (20, "rate", 0.125),
    ]


def test_nothing_is_written_without_a_line(tmp_path: Path) -> None:
    Events(tmp_path / "none").close()
    assert not (tmp_path / "none").exists()


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(TrainingError, match=r"earnest\[tensorboard\]"):
        Events(tmp_path)
