"""The state of a training run on a disk: one safetensors file, written whole; no pickle.

Its metadata has one key whose JSON says which settings the run has and which step it reached, and
the fewest word errors of a step. A file of other settings
is refused: the run would not be the one that its file describes.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from earnest.errors import TrainingError
from earnest.file.whole import write_whole
from earnest.training.specification import Settings
from earnest.training.state import State

KEY = "earnest-training"


def settings_sha256(training: Settings[Any]) -> str:
    """The hash of all settings that say what a step computes."""
    content = training.model_dump(exclude={"watch": True, "data": {"validation"}}, exclude_defaults=True)
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_checkpoint(path: Path, state: State, training: Settings[Any]) -> None:
    """Keep a state. TrainingError where it cannot be written."""
    found = {"step": state.step, "fewest": state.fewest, "settings_sha256": settings_sha256(training)}
    told = json.dumps(found, sort_keys=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors().items()}
    try:
        write_whole(path, save(tensors, metadata={KEY: told}))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error


def read_checkpoint_(path: Path, state: State, training: Settings[Any]) -> None:
    """Take over a kept state. TrainingError: a file that is corrupt, or of a run with other settings."""
    tensors, told = _read(path, "remove it")
    if told["settings_sha256"] != settings_sha256(training):
        raise TrainingError(f"{path}: the run there has other settings; give another --work, or remove it")
    state.restore_(tensors, told["step"], told["fewest"])


def read_chosen(path: Path) -> dict[str, Tensor]:
    """What another run chose of what it trained. TrainingError: a file that is no state of a run."""
    tensors, told = _read(path, "give the state.safetensors of a run")
    kind = "average." if told["fewest"] is None else "best."
    return {name.removeprefix(kind): one for name, one in tensors.items() if name.startswith(kind)}


def _read(path: Path, advice: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as opened:
            told = json.loads((opened.metadata() or {})[KEY])
        return load_file(path), {key: told[key] for key in ("step", "fewest", "settings_sha256")}
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"{path}: expected the state of a training run, got {error}; {advice}") from error
