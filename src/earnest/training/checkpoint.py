"""The state of a training run on a disk: one safetensors file, written whole; no pickle.

Its metadata has one key whose JSON says which settings the run has and which step it reached, the fewest word errors of
a step, and which recordings it and the runs that it started from were trained on. A file of other settings is
refused: the run would not be the one that its file describes.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from earnest.errors import FileError, TrainingError
from earnest.file.whole import write_whole
from earnest.integer.program.target import load_target
from earnest.runtime.description import CalibrationRecording
from earnest.swapping.recipe import load_recipe
from earnest.training.specification import QuantizedTraining, Settings
from earnest.training.state import State

KEY = "earnest-training"


def settings_sha256(training: Settings[Any]) -> str:
    """The hash of all settings that say what a step computes and what is chosen, recipes and target included."""
    content = training.model_dump(exclude={"watch": True}, exclude_defaults=True)
    if isinstance(training, QuantizedTraining):
        content["rules"] = [load_recipe(place).model_dump_json() for place in training.every_recipe]
        content["widths"] = repr(load_target(training.target))
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_checkpoint(path: Path, state: State, settings: str, recordings: Sequence[CalibrationRecording] = ()) -> None:
    """Keep a state of a run with settings of this hash, and the recordings that it was trained on. TrainingError
    where it cannot be written.
    """
    found = {"step": state.step, "fewest": state.fewest, "settings_sha256": settings}
    told = json.dumps(found | {"heard": [[one.id, one.audio_sha256] for one in recordings]}, sort_keys=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors().items()}
    try:
        write_whole(path, save(tensors, metadata={KEY: told}))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error


def read_checkpoint_(path: Path, state: State, settings: str) -> tuple[CalibrationRecording, ...]:
    """Take over a kept state; the recordings that it was trained on. TrainingError: a file that is corrupt, or of a run
    with other settings.
    """
    told = require_run_of(path, settings)
    state.restore_(_tensors(path, "remove it"), told["step"], told["fewest"])
    return told["heard"]


def require_run_of(path: Path, settings: str) -> dict[str, Any]:
    """What a kept state tells but its tensors. TrainingError: it is corrupt, or of a run with other settings."""
    told = _told(path, "remove it")
    if told["settings_sha256"] != settings:
        raise TrainingError(f"{path}: the run there has other settings; give another --work, or remove it")
    return told


def read_chosen(path: Path) -> tuple[dict[str, Tensor], tuple[CalibrationRecording, ...]]:
    """What another run chose of what it trained, and the recordings that it was trained on. TrainingError: a file that
    is no state of a run.
    """
    advice = "give the state.safetensors of a run"
    told = _told(path, advice)
    kind = "average." if told["fewest"] is None else "best."
    found = {name.removeprefix(kind): one for name, one in _tensors(path, advice).items() if name.startswith(kind)}
    return found, told["heard"]


def _told(path: Path, advice: str) -> dict[str, Any]:
    with _errors(path, advice), safe_open(path, framework="pt") as opened:
        told = json.loads((opened.metadata() or {})[KEY])
        recordings = tuple(CalibrationRecording(id=name, audio_sha256=found) for name, found in told["heard"])
        return {key: told[key] for key in ("step", "fewest", "settings_sha256")} | {"heard": recordings}


def _tensors(path: Path, advice: str) -> dict[str, Tensor]:
    with _errors(path, advice):
        return load_file(path)


@contextmanager
def _errors(path: Path, advice: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError, FileError, AttributeError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"{path}: expected the state of a training run, got {error}; {advice}") from error
