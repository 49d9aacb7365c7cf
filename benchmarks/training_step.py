"""Steps of quantization-aware training beside float ones, on the same audio: `python benchmarks/training_step.py`.

Both have one thread and take turns; a step is a pass, the divergence from the float model's posteriors, and all
gradients. The median of processor time counts. A recipe's widths and groups count, not its methods: what rounded the
weights takes no time in a step. `--law` also times a pass through the law itself.
"""

import argparse
import copy
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as a file it finds only what lies beside it

import torch

from earnest.errors import EarnestError
from earnest.lab.command import data_folder, shown_command
from earnest.lab.machine import cpu_name, with_other_load
from earnest.ledger.ledger import append, environment, read
from earnest.ledger.training import TRAINING_STEP, TrainingStepRow
from earnest.methods.distillation import divergence
from earnest.models import load
from earnest.nn.parallel import one_torch_thread
from earnest.pipeline import calibration_features, quantized_twin
from earnest.runtime.naming import model_name
from earnest.speech.librispeech import read_split, select
from earnest.swapping.recipe import load_recipe
from earnest.training.quantized.latents import Latents, give_biases_
from earnest.training.quantized.passes import Passes

RECORDINGS = 4


def options() -> argparse.Namespace:
    """The options of the command."""
    data = data_folder()
    found = argparse.ArgumentParser(prog="benchmarks/training_step.py", description=__doc__.splitlines()[0])
    found.add_argument("--model", type=Path, default=data / "models" / "stt_en_conformer_ctc_small")
    found.add_argument("--data", type=Path, default=data / "librispeech" / "train-clean-100-audio-only")
    found.add_argument("--recipe", default="w4a8-fine", help="by name or path")
    found.add_argument("--seconds", type=int, default=12)
    found.add_argument("--repeats", type=int, default=7)
    found.add_argument("--law", action="store_true")
    found.add_argument("--ledger", type=Path, help="append the row to this ledger")
    return found.parse_args()


def steps(asked: argparse.Namespace) -> dict[str, Callable[[], None]]:
    """What is timed, by name."""
    model = load(asked.model)
    spoken = select(read_split(asked.data, transcripts="absent"), RECORDINGS)
    batches = calibration_features(model, [one.path for one in spoken])
    frames = asked.seconds * model.front_end.sample_rate // model.front_end.hop
    x = max(batches, key=lambda batch: batch.shape[1])[:, :frames]
    recipe = load_recipe(asked.recipe).model_copy(update={"methods": []})
    twin = give_biases_(quantized_twin(model.module, recipe, "int8x16", batches, features=model.front_end.features))
    latents, passes = Latents([twin]), Passes(twin)
    module = copy.deepcopy(model.module).requires_grad_()
    with torch.no_grad():
        goal = model.module(x)

    def real() -> None:
        divergence(goal, module(x)).backward()

    def quantized() -> None:
        values = latents.values(latents.always(0))
        leaves = [value.detach().requires_grad_() for value in values]
        loss = divergence(goal, passes.run(x, leaves))
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)
        torch.autograd.backward(values, gradients)

    def law() -> None:
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.add_(0)  # a weight that has changed makes its twin build its operator anew
        divergence(goal, twin(x)).backward()

    return {"float": real, "quantized": quantized} | ({"law": law} if asked.law else {})


def seconds(timed: dict[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """The median of processor time of each, taking turns."""
    found: dict[str, list[float]] = {name: [] for name in timed}
    for repeat in range(repeats + 1):
        for name, step in timed.items():
            start = time.process_time()
            step()
            if repeat:  # the first one warms up
                found[name].append(time.process_time() - start)
    return {name: round(statistics.median(times), 4) for name, times in found.items()}


def main() -> int:
    """Print one JSON object."""
    asked = options()
    try:
        if asked.ledger is not None and asked.ledger.exists():
            read(asked.ledger)
        with one_torch_thread():
            timed = steps(asked)
            times, load_of_others = with_other_load(lambda: seconds(timed, asked.repeats))
        ratios = {name: round(value / times["float"], 3) for name, value in times.items() if name != "float"}
        named = {"model": model_name(asked.model), "recipe": load_recipe(asked.recipe).name}
        told = {"seconds_of_audio": asked.seconds, "repeats": asked.repeats, "cpu": cpu_name()}
        row = {"ratios": ratios, "processor_seconds": times, **named, **told, "other_load": load_of_others}
        if asked.ledger is not None:
            command = shown_command(sys.argv[1:], program="python benchmarks/training_step.py")
            told = {"kind": TRAINING_STEP, "command": command, **environment(), **row}
            append(asked.ledger, TrainingStepRow.of(told))
    except EarnestError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(json.dumps(row) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
