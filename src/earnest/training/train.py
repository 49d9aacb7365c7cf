"""Train: what the file of a run says, from where it was left to its last step."""

from pathlib import Path

from earnest.training import log
from earnest.training.facts import facts
from earnest.training.float_run import FloatRun
from earnest.training.loop import Trained, Watch, reproducible
from earnest.training.quantized_run import QuantizedRun
from earnest.training.specification import QuantizedTraining, Training


def train(settings: Training | QuantizedTraining, folder: Path, watch: Watch) -> Trained:
    """Train to the last step. TrainingError where the loss is no longer finite, or the folder has another run."""
    with reproducible(settings.seed):
        kind = QuantizedRun if isinstance(settings, QuantizedTraining) else FloatRun
        run = kind(settings, folder, watch)  # type: ignore[arg-type]
        started = run.to_the_end()
    lines = log.read(folder / "log.jsonl")
    return Trained(
        result=run.result,
        started_from=started,
        step=run.state.step,
        validation=log.last_validation(lines),
        facts=facts(run, lines),
    )
