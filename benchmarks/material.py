"""What all systems are measured on: one float model, real speech cut to exact lengths, our programs made from both.

Everything that is written lies in one folder: `features-15.npy` and `logits-15.npy` (torch eager on 15 s),
`w8a8.earnest`, `w4a8.earnest`; `benchmarks.graphs` adds the graphs of onnxruntime.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.progress import say
from earnest.errors import DataError

if TYPE_CHECKING:
    from earnest.models import FloatModel
    from earnest.speech.librispeech import Utterance

RECIPES = ("w8a8", "w4a8")
TARGET = "int8x16"
CALIBRATION_RECORDINGS = 8
"""Recordings that our programs and the windows of static quantization are calibrated on, spread by a hash."""
CALIBRATION_WINDOWS = 4
"""Windows of the measured length that onnxruntime's static quantization sees: its graphs have one length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Where the float model lies, and the folder of what was made from it."""

    model: Path
    allow_pickle: bool
    folder: Path

    def features(self, seconds: int) -> npt.NDArray[np.float32]:
        """Features [1, frames, mels] of the speech that is timed."""
        return np.load(self.folder / f"features-{seconds}.npy")

    def windows(self, seconds: int) -> npt.NDArray[np.float32]:
        """Features [windows, frames, mels] that static quantization calibrates on."""
        return np.load(self.folder / f"windows-{seconds}.npy")

    def logits(self, seconds: int) -> npt.NDArray[np.float32]:
        """Logits [frames, classes] of torch eager on the speech that is timed."""
        return np.load(self.folder / f"logits-{seconds}.npy")

    def graph(self, kind: str, seconds: int) -> Path:
        """The ONNX graph of a kind, for one length."""
        return self.folder / f"{kind}-{seconds}.onnx"

    def program(self, recipe: str) -> Path:
        """Our program file of a recipe."""
        return self.folder / f"{recipe}.earnest"

    def float_model(self) -> "FloatModel":
        """The float model, loaded anew."""
        from earnest.models import load

        return load(self.model, allow_pickle=self.allow_pickle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """The utterances that were cut to the lengths, and the ones that were calibrated on."""

    timed: tuple["Utterance", ...]
    calibration: tuple["Utterance", ...]


def choose(data: Path, calibration: Path, longest: int) -> Speech:
    """Utterances of a split until they last `longest` seconds, and recordings to calibrate on."""
    from earnest.runtime.audio import read_audio
    from earnest.speech.librispeech import read_split, select

    utterances = read_split(data, transcripts="absent")
    chosen: list[Utterance] = []
    heard = 0.0
    for utterance in select(utterances, len(utterances)):
        if heard >= longest:
            break
        chosen.append(utterance)
        heard += read_audio(utterance.path).seconds
    if heard < longest:
        raise DataError(f"{data}: expected at least {longest} s of speech, got {heard:.1f} s")
    return Speech(
        timed=tuple(chosen),
        calibration=tuple(select(read_split(calibration, transcripts="absent"), CALIBRATION_RECORDINGS)),
    )


def prepare(material: Material, speech: Speech, lengths: Sequence[int]) -> dict[str, object]:
    """Write features, logits of torch eager and our programs; the facts of the model and the programs for the row."""
    import torch

    from earnest.evaluation.anatomy import file_sha256
    from earnest.evaluation.evaluation import model_name
    from earnest.file import save
    from earnest.pipeline import quantize
    from earnest.speech.librispeech import data_sha256

    model = material.float_model()
    for seconds in lengths:
        features = _window(model, _samples(model, speech.timed), 0, seconds)[None]
        np.save(material.folder / f"features-{seconds}.npy", features)
        with torch.inference_mode():
            np.save(material.folder / f"logits-{seconds}.npy", model.module(torch.from_numpy(features))[0].numpy())
        _save_windows(material, model, speech, seconds)
    name = model_name(material.model)
    paths = [utterance.path for utterance in speech.calibration]
    for recipe in RECIPES:
        say(f"quantizing to {recipe} on {TARGET}")
        save(quantize(model, recipe, TARGET, paths, name=name).program, material.program(recipe))
    return {
        "model": name,
        "model_sha256": file_sha256(model.source),
        "float_bytes": sum(4 * parameter.numel() for parameter in model.module.parameters()),
        "target": TARGET,
        "program_sha256": {recipe: file_sha256(material.program(recipe)) for recipe in RECIPES},
        "data_sha256": data_sha256(speech.timed),
        "calibration_recordings": len(paths),
    }


def _save_windows(material: Material, model: "FloatModel", speech: Speech, seconds: int) -> None:
    samples = _samples(model, speech.calibration)
    count = len(samples) // (seconds * model.front_end.sample_rate)
    if not count:
        raise DataError(f"expected recordings to calibrate on that last {seconds} s together, got less")
    windows = [_window(model, samples, number, seconds) for number in range(min(count, CALIBRATION_WINDOWS))]
    np.save(material.folder / f"windows-{seconds}.npy", np.stack(windows))


def _samples(model: "FloatModel", utterances: Sequence["Utterance"]) -> npt.NDArray[np.float32]:
    from earnest.runtime.audio import read_audio

    rate = model.front_end.sample_rate
    return np.concatenate([read_audio(utterance.path, rate).samples for utterance in utterances])


def _window(
    model: "FloatModel", samples: npt.NDArray[np.float32], number: int, seconds: int
) -> npt.NDArray[np.float32]:
    length = seconds * model.front_end.sample_rate
    return np.ascontiguousarray(model.front_end(samples[number * length : (number + 1) * length]))
