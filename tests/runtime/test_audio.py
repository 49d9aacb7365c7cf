"""Reading recordings: formats, rates and channels, and every broken file as one line that names it."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earnest.errors import AudioError
from earnest.runtime import audio
from earnest.runtime.audio import read_audio


def tone(seconds: float = 0.5, *, rate: int = 16_000, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def write(path: Path, samples: np.ndarray, rate: int = 16_000, **options: str) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


def message(path: Path) -> str:
    """The error of a broken recording: one line, and it names the file."""
    with pytest.raises(AudioError) as caught:
        read_audio(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_lossless_formats_give_the_16_bit_samples_exactly(tmp_path: Path, suffix: str) -> None:
    codes = np.random.default_rng(1).integers(-(2**15), 2**15, 5_000).astype(np.int16)
    codes[:2] = -(2**15), 2**15 - 1
    recording = read_audio(write(tmp_path / f"a.{suffix}", codes))
    assert recording.samples.dtype == np.float32
    assert np.array_equal(recording.samples * 2**15, codes.astype(np.float32))
    assert (recording.sample_rate, recording.source_rate, recording.resampled) == (16_000, 16_000, False)


@pytest.mark.parametrize("suffix", ["mp3", "ogg"])
def test_lossy_formats_keep_length_and_place(tmp_path: Path, suffix: str) -> None:
    samples = tone()
    recording = read_audio(write(tmp_path / f"a.{suffix}", samples))
    assert len(recording.samples) == len(samples)
    middle = slice(2_000, 6_000)
    assert np.abs(recording.samples[middle] - samples[middle]).max() < 0.05  # one sample of delay alone makes 0.09


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_another_rate_is_resampled_and_says_so(tmp_path: Path, rate: int) -> None:
    recording = read_audio(write(tmp_path / "a.wav", tone(rate=rate), rate))
    assert (recording.sample_rate, recording.source_rate, recording.resampled) == (16_000, rate, True)
    assert recording.seconds == pytest.approx(0.5, abs=1e-3)
    middle = slice(1_000, 7_000)
    assert np.abs(recording.samples[middle] - tone()[middle]).max() < 0.01


def test_the_wanted_rate_is_the_callers(tmp_path: Path) -> None:
    recording = read_audio(write(tmp_path / "a.wav", tone()), sample_rate=8_000)
    assert len(recording.samples) == 4_000
    assert np.abs(recording.samples[500:3_500] - tone(rate=8_000)[500:3_500]).max() < 0.01
    with pytest.raises(AudioError, match="sample rate"):
        read_audio(tmp_path / "a.wav", sample_rate=0)


def test_channels_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = tone(hertz=300), tone(hertz=700)
    path = write(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT")
    expected = (left.astype(np.float32).astype(np.float64) + right.astype(np.float32)) / 2
    whole = read_audio(path).samples
    assert np.array_equal(whole, expected.astype(np.float32))
    monkeypatch.setattr(audio, "_BLOCK", 1_000)
    assert np.array_equal(read_audio(path).samples, whole)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "no such file" in message(tmp_path / "none.flac")
    assert "a folder" in message(tmp_path)


@pytest.mark.parametrize("suffix", ["flac", "wav", "mp3", "ogg", "raw", "txt", ""])
@pytest.mark.parametrize("content", [b"", b"fLaC", b"RIFF", b"hello, world\n" * 200, bytes(4_000)], ids=range(5))
def test_what_is_not_audio(tmp_path: Path, suffix: str, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    assert "expected a recording" in message(path)
    assert capfd.readouterr().err == ""


def test_an_empty_recording(tmp_path: Path) -> None:
    assert "empty" in message(write(tmp_path / "a.wav", np.zeros(0)))


@pytest.mark.parametrize("suffix", ["flac", "mp3"])
def test_a_file_that_is_cut_short(tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / f"a.{suffix}", np.random.default_rng(2).normal(0, 0.1, 40_000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert "cut short" in message(path) or "could not be decoded" in message(path)
    assert capfd.readouterr().err == ""


def test_standard_error_works_again_after_a_broken_mp3(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mp3").write_bytes(bytes(4_000))
    message(tmp_path / "a.mp3")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite(tmp_path: Path, value: float) -> None:
    samples = np.stack([tone(), -tone()], axis=1)
    samples[77] = value, -value
    assert "not finite" in message(write(tmp_path / "a.wav", samples, subtype="FLOAT"))


def test_samples_on_another_scale(tmp_path: Path) -> None:
    assert "[-1, 1)" in message(write(tmp_path / "a.wav", tone() * 2**15, subtype="FLOAT"))


def test_slight_overshoot_is_kept_as_it_comes(tmp_path: Path) -> None:
    samples = (tone() * 2.1).astype(np.float32)
    assert np.array_equal(read_audio(write(tmp_path / "a.wav", samples, subtype="FLOAT")).samples, samples)


def test_a_recording_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "LONGEST_SECONDS", 1)
    read_audio(write(tmp_path / "a.wav", tone(1.0)))
    assert "longer than 1 s" in message(write(tmp_path / "b.wav", tone(1.01)))


def test_an_absurd_rate(tmp_path: Path) -> None:
    assert "kHz" in message(write(tmp_path / "a.wav", tone(), 100))


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_wav_that_is_cut_short(tmp_path: Path, subtype: str) -> None:
    path = write(tmp_path / "a.wav", tone(), subtype=subtype)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "cut short" in message(path)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "a.wav", tone())
    monkeypatch.setattr(Path, "open", refused)
    assert "Permission denied" in message(path)


@pytest.mark.parametrize("length", [0, 0x7FFF_F000, 0x8000_0000, 0xFFFF_FFFF])
def test_wav_of_a_stream_that_did_not_know_its_length(tmp_path: Path, length: int) -> None:
    path = write(tmp_path / "a.wav", tone())
    expected = read_audio(path).samples
    content = bytearray(path.read_bytes())
    content[40:44] = content[4:8] = length.to_bytes(4, "little")
    path.write_bytes(content)
    assert np.array_equal(read_audio(path).samples, expected)


def test_long_wav_that_is_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(), format="RF64")
    assert len(read_audio(path).samples) == len(tone())
    path.write_bytes(path.read_bytes()[:-2])
    assert "cut short" in message(path)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9, 0.999])
def test_ogg_that_is_cut_short(tmp_path: Path, subtype: str, part: float) -> None:
    path = write(tmp_path / "a.ogg", np.random.default_rng(2).normal(0, 0.1, 40_000), subtype=subtype)
    assert len(read_audio(path).samples) == 40_000
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    assert "cut short" in message(path)


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "a.wav", tone())
    monkeypatch.setattr(Path, "open", refused)
    assert "Permission denied" in message(path)


def test_wav_without_a_length_is_never_cut_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.wav", tone())
    whole = bytearray(path.read_bytes())
    whole[4:8] = whole[40:44] = bytes(4)
    path.write_bytes(whole)
    assert len(read_audio(path).samples) == len(tone())
    monkeypatch.setattr(audio, "_LONGEST_COPY", len(whole) - 1)
    assert "its header does not say how long it is" in message(path)
