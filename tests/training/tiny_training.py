"""A training run of a few seconds: a tiny model, and recordings that hum."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from safetensors.torch import load_file, save_file

from earnest.models import load
from synthetic import write_corpus

TEXT = """
name = "tiny"
seed = 3
precision = "{precision}"

[model]
width = 16
layers = 1
heads = 2
feed_forward = 24
kernel = 5
channels = 4
classes = 32
dropout = 0.1

[data]
train = ["{data}"]
validation = ["{data}"]

[batches]
seconds = 2.5
short_seconds = 0.8
short_steps = 3

[masks]
bands = 1
band = 10
spans = 1
span = 0.2

[descent]
steps = {steps}
rate = {rate}
last_rate = 1e-4
warmup = 4
decay = 0.01
clip = 1.0
average = 0.9

[watch]
log = 2
keep = 4
validate = 8
"""


def write_training(folder: Path, *, steps: int = 12, precision: str = "bfloat16", rate: str = "1e-3") -> Path:
    """The run's file, beside its data."""
    data = folder / "humming"
    if not data.exists():
        write_corpus(data, chapters=3, each=3)
    file = folder / "tiny-training.toml"
    file.write_text(TEXT.format(data=data, steps=steps, precision=precision, rate=rate), encoding="utf-8")
    return file


TAUGHT = """
name = "tiny-taught"
seed = 3
model = "{model}"
{recipe}
[data]
train = ["{data}"]
validation = ["{data}"]

[utterances]
seconds = 2.5

[loss]
tokens = 0.5
posteriors = 1.0
blocks = 1.0

[descent]
steps = {steps}
rate = {rate}
last_rate = 1e-5
warmup = 1
decay = 0.0
clip = 1.0
average = 0.9
reals = 0.1
{ranges}
[watch]
log = 2
keep = 4
validate = 8
"""

RECIPE = """recipe = "{recipe}"
target = "int8x16"

[calibration]
data = "{data}"
limit = 4
"""

CO_TRAINING = """
[co_training]
recipes = ["w8a8"]
draw = "{draw}"
"""

AUGMENTATION = """
[augmentation]
speed = { low = 0.9, high = 1.1 }
talker = 0.5
talker_db = { low = 3.0, high = 12.0 }

[augmentation.acoustics]
silence = { low = 0.0, high = 0.1 }
echo = 0.5
rt60 = { low = 0.1, high = 0.3 }
direct_db = { low = 3.0, high = 12.0 }
noise = 0.5
snr_db = { low = 10.0, high = 30.0 }
slope = { low = 0.0, high = 2.0 }
peak = { low = 0.1, high = 0.9 }
"""


def write_taught(
    folder: Path,
    model: Path,
    *,
    steps: int = 8,
    rate: str = "1e-3",
    recipe: str | None = "w4a8-best",
    weights: str = "1.0",
    more: str = "",
) -> Path:
    """The file of a quantization-aware run, beside its data; of a float model's teaching of itself without a recipe."""
    data = folder / "humming"
    if not data.exists():
        write_corpus(data, chapters=3, each=3)
    file = folder / "tiny-taught.toml"
    rules = "" if recipe is None else RECIPE.format(recipe=recipe, data=data)
    ranges = f"weights = {weights}\n" + ("" if recipe is None else "ranges = 1.0\n")
    text = TAUGHT.format(model=model, data=data, steps=steps, rate=rate, recipe=rules, ranges=ranges)
    file.write_text(text + more, encoding="utf-8")
    return file


def biased(model: Path, folder: Path, piece: str, bias: float) -> Path:
    """The model, but one of its pieces is recognized always, or never."""
    shutil.copytree(model, folder)
    weights = load_file(folder / "model.safetensors")
    weights["decoder.decoder_layers.0.bias"][load(model).tokens.pieces.index(piece)] = bias
    save_file(weights, folder / "model.safetensors")
    return folder


def kill_once_kept(file: Path, work: Path) -> None:
    """Run it in a process of its own, and kill that as soon as a state is kept."""
    command = [sys.executable, "-m", "earnest.cli", "train", str(file), "--work", str(work), "--quiet"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        deadline = time.monotonic() + 180
        while not (work / "state.safetensors").exists():
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
