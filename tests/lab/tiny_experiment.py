"""A small experiment on the synthetic world: a few seconds a cell."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from earnest.ledger.evaluation import EvaluationRow
from synthetic import TinyWorld

TEXT = """
name = "tiny"
longest = 10

[matrix]
model = ["{model}"]
target = ["int8x16"]
recipe = {recipes}
seed = [0]

[calibration]
data = "{data}"
limit = 1

[evaluation]
data = ["{data}"]
limit = 2
"""

SEARCH = """
[search]
trials = {trials}
objectives = ["wer", "bytes"]
sampler = "nsga2"
seed = 5

[search.space]
width = {{ at = "rule.0.weight_bits", values = [4, 8] }}
margin = {{ at = "rule.1.margin", values = [0.9, 1.0] }}
"""

TIMES = {"seconds", "compute_seconds", "float_compute_seconds", "milliseconds", "float_milliseconds", "command", "git"}
"""Keys that differ from one run to the next."""


def write_experiment(
    folder: Path, world: TinyWorld, *, recipes: str = '["w8a8", "w4a8"]', trials: int | None = None, more: str = ""
) -> Path:
    """An experiment's file; with `trials`, one to search."""
    file = folder / "tiny.toml"
    text = TEXT.format(model=world.model, data=world.data, recipes=recipes)
    file.write_text(text + (SEARCH.format(trials=trials) if trials else "") + more)
    return file


def lasting(rows: list[EvaluationRow]) -> dict[str | None, dict]:
    """What does not depend on the clock, by cell; each cell is there once."""
    found = {row.cell: {key: value for key, value in row.content().items() if key not in TIMES} for row in rows}
    assert len(found) == len(rows)
    return found


def started(folder: Path, command: str, file: Path) -> subprocess.Popen:
    """The command in a process group of its own, so that a signal reaches all of it, as Ctrl-C at a terminal does."""
    line = [sys.executable, "-m", "earnest.cli", command, file, "--ledger", folder / "ledger.jsonl"]
    line += ["--work", folder / "work", "-j", "1", "--quiet"]
    return subprocess.Popen(
        list(map(str, line)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def killed(process: subprocess.Popen, number: signal.Signals) -> tuple[int, str]:
    """Exit status and standard error of a process that got a signal."""
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    return process.returncode, err
