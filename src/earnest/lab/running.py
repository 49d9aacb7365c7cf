"""Running one cell of an experiment: quantize, evaluate, judge, time; a row of the ledger.

What is made on the way lies in the work folder and is used again, so that a cell that was ended at any point goes on
where it was.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earnest.errors import ExperimentError
from earnest.evaluation.evaluation import Evaluation, evaluate, evaluate_float, paired, toml_of
from earnest.evaluation.figures import hypotheses, ledger_row
from earnest.evaluation.workers import Progress
from earnest.file import save
from earnest.integer.program.target import load_target
from earnest.judge.program.judging import judge_program
from earnest.lab.matrix import Cell
from earnest.lab.timing import THREADS, timed
from earnest.lab.work_folder import WorkFolder, read_evaluation, write_evaluation, write_text
from earnest.ledger.evaluation import EvaluationRow
from earnest.runtime.naming import model_name

BACKEND = "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where and how cells are run; nothing of it decides a result."""

    folder: WorkFolder
    jobs: int
    allow_pickle: bool
    command: str


def row_of(cell: Cell, place: Workplace, progress: Progress | None = None) -> EvaluationRow:
    """Run one cell; its row of the ledger."""
    program = program_of(cell, place, progress)
    real = hypotheses_of(cell, place, progress)
    integer = evaluate(
        program,
        cell.evaluation.utterances,
        against=None,
        jobs=place.jobs,
        backend=BACKEND,
        progress=progress,
        target=_file_of(cell.target),
    )
    evaluation = paired(integer, real)
    data = cell.evaluation
    more = _settings(cell) | _counts(program, cell) | _times(program, cell, place)
    row = ledger_row(evaluation, data=data.name, data_sha256=data.sha256, command=place.command, more=more)
    told = (json.dumps(each, ensure_ascii=False) + "\n" for each in hypotheses(evaluation))
    write_text(place.folder.hypotheses(cell.file_name), "".join(told))
    return row


def program_of(cell: Cell, place: Workplace, progress: Progress | None) -> Path:
    """The file of the cell's program, made unless it lies in the work folder."""
    path = place.folder.program(cell.product)
    if path.exists():
        return path
    from earnest.models import load
    from earnest.pipeline import quantize

    model = load(cell.model.path, allow_pickle=place.allow_pickle)
    frames = round(cell.longest * model.front_end.sample_rate / model.front_end.hop)
    if frames > model.longest:
        raise ExperimentError(f"longest: expected what {cell.model.path} can hear, got {cell.longest} s")
    quantized = quantize(
        model,
        cell.recipe,
        load_target(cell.target),
        [utterance.path for utterance in cell.calibration.utterances],
        name=model_name(cell.model.path),
        longest=frames,
        progress=progress,
    )
    save(quantized.program, path)
    return path


def hypotheses_of(cell: Cell, place: Workplace, progress: Progress | None) -> Evaluation:
    """What the float model makes of the cell's data, evaluated unless it lies in the work folder."""
    path = place.folder.real(cell.float_key)
    if not path.exists():

        def report(_stage: str, done: int, total: int) -> None:
            if progress is not None:
                progress("evaluating float", done, total)

        utterances = cell.evaluation.utterances
        found = evaluate_float(
            cell.model.path, utterances, jobs=place.jobs, progress=report, allow_pickle=place.allow_pickle
        )
        write_evaluation(path, found)
    return read_evaluation(path)


def _file_of(target: str) -> str | None:
    """The target's file, where it does not come with earnest."""
    return target if toml_of(target) is not None else None


def _settings(cell: Cell) -> dict[str, Any]:
    calibration = cell.calibration
    return {
        "experiment": cell.experiment,
        "cell": cell.key,
        "seed": cell.seed,
        "methods": cell.recipe.model_dump(mode="json")["methods"],
        "limit": cell.evaluation.limit,
        "calibration": {
            "data": calibration.name,
            "recordings": len(calibration.utterances),
            "data_sha256": calibration.sha256,
            "seed": cell.seed,
        },
    }


def _counts(program: Path, cell: Cell) -> dict[str, Any]:
    """What the judge counts in the file."""
    figures = judge_program(program, toml_of(cell.target)).sections[0].figures
    return {
        "weights": figures["weights"],
        "mean_weight_bits": figures["mean_weight_bits"],
        "effective_bits": figures["effective_bits_per_weight"],
        "bit_operations": bit_operations(figures["multiply_accumulates"]["by_bits"]),
        "bit_operations_frames": figures["multiply_accumulates"]["frames"],
    }


def bit_operations(by_bits: Mapping[str, int]) -> int:
    """Multiply-accumulates times the widths of both factors, summed; `by_bits` counts them by `4x8`."""
    total = 0
    for widths, count in by_bits.items():
        one, _, other = widths.partition("x")
        total += int(one) * int(other) * count
    return total


def _times(program: Path, cell: Cell, place: Workplace) -> dict[str, Any]:
    found = timed(program, cell.model.path, cell.evaluation.utterances, allow_pickle=place.allow_pickle)
    return {
        "milliseconds": found.milliseconds,
        "float_milliseconds": found.float_milliseconds,
        "timed": {"utterance": found.utterance, "seconds": found.seconds, "threads": THREADS},
    }
