"""Front ends are found by name, and their parameters read back from a file that nobody vouches for."""

import json

import pytest
from tests.runtime.front_ends.specimens import RATE, SEAMLESS, SPEECH2TEXT, WHISPER

from earnest.errors import FileError
from earnest.runtime.front_ends.catalogue import FRONT_ENDS, front_end_of
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.runtime.front_ends.waveform import Waveform

NORMALISED = Waveform(sample_rate=16_000, normalised=True, variance_guard="0.0000001")
PLAIN = Waveform(sample_rate=8_000, normalised=False, variance_guard="0.0000001")


@pytest.mark.parametrize("front_end", [NORMALISED, PLAIN, NEMO_LOG_MEL])
def test_a_section_is_read_back_by_its_name(front_end: FrontEnd) -> None:
    assert front_end_of(json.loads(json.dumps(front_end.to_dict()))) == front_end


def test_a_front_end_is_a_section() -> None:
    with pytest.raises(FileError, match="expected an object"):
        front_end_of([])  # type: ignore[arg-type]
    assert set(FRONT_ENDS) == {"log-mel", "clamped-log-mel", "kaldi-fbank", "waveform"}


@pytest.mark.parametrize("front_end", [WHISPER, SPEECH2TEXT, SEAMLESS, NORMALISED, NEMO_LOG_MEL])
def test_a_section_is_read_back_without_a_float(front_end: FrontEnd) -> None:
    section = front_end.to_dict()
    assert {type(value) for value in section.values()} <= {int, str, bool}
    assert front_end_of(json.loads(json.dumps(section))) == front_end
    for key in section:
        with pytest.raises(FileError, match="front end"):
            front_end_of({name: value for name, value in section.items() if name != key})


@pytest.mark.parametrize(
    ("front_end", "key", "value"),
    [
        (WHISPER, "version", 2),
        (WHISPER, "samples", 2 * RATE + 1),
        (WHISPER, "samples", 400),
        (WHISPER, "samples", 1 << 40),
        (WHISPER, "samples", 32_000.0),
        (WHISPER, "hop", 0),
        (WHISPER, "n_fft", 1 << 40),
        (WHISPER, "mels", True),
        (WHISPER, "high_hz", 8_001),
        (WHISPER, "floor", 1),
        (SPEECH2TEXT, "version", 0),
        (SPEECH2TEXT, "stacked", 0),
        (SPEECH2TEXT, "stacked", 1 << 20),
        (SPEECH2TEXT, "step", "160"),
        (SPEECH2TEXT, "window", 513),
        (SPEECH2TEXT, "low_hz", 8_000),
        (SPEECH2TEXT, "pre_emphasis", 0.97),
        (SPEECH2TEXT, "variance_guard", "1e-7"),
        (SPEECH2TEXT, "unbiased", 0),
        (SPEECH2TEXT, "centred", "true"),
        (SPEECH2TEXT, "hop", 160),
    ],
)
def test_hostile_parameters_are_refused(front_end: FrontEnd, key: str, value: object) -> None:
    with pytest.raises(FileError, match="front end: expected"):
        front_end_of(front_end.to_dict() | {key: value})
