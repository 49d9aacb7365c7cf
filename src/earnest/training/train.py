"""Train: what the file of a run says, from where it was left to its last step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from earnest.errors import TrainingError
from earnest.training import log
from earnest.training.checkpoint import require_run_of, settings_sha256
from earnest.training.device import CPU
from earnest.training.facts import facts
from earnest.training.float.run import FloatRun
from earnest.training.float.self_distillation import SelfDistillationRun
from earnest.training.loop import Callbacks, Run, Trained, reproducible
from earnest.training.quantized.run import QuantizedRun
from earnest.training.specification import AnyTraining, QuantizedTraining, SelfDistillation, Training

RUNS: dict[type[AnyTraining], Callable[..., Run[Any]]] = {
    Training: FloatRun,
    SelfDistillation: SelfDistillationRun,
    QuantizedTraining: QuantizedRun,
}


def train(settings: AnyTraining, folder: Path, callbacks: Callbacks, device: torch.device = CPU) -> Trained:
    """Train to the last step. TrainingError where the loss is no longer finite, the folder has another run, or the
    device has too little memory.
    """
    identity, kept = settings_sha256(settings), folder / "state.safetensors"
    if kept.exists():
        require_run_of(kept, identity)
    with reproducible(settings.seed, device):
        try:
            run = RUNS[type(settings)](settings, folder, callbacks, device)
            started = run.to_the_end(identity)
        except torch.OutOfMemoryError as error:
            reason = str(error).split(". ", maxsplit=1)[0]
            raise TrainingError(
                f"{device}: expected memory for training, got {reason}; "
                "use another device, or fewer seconds of audio at once"
            ) from error
    lines = log.read(folder / "log.jsonl")
    return Trained(
        results=run.results,
        started_from=started,
        step=run.state.step,
        validation=log.best_validation(lines),
        facts=facts(run, lines),
    )
