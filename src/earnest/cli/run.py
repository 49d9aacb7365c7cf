"""`earnest run`: every cell of an experiment's matrix, each a row of the ledger; what is there is not done again."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import CORES, AllowPickle, AsJson, Quiet, RayAddress, existing_folder_of, existing_ledger
from earnest.cli.terminal import columns, note, print_json, progress
from earnest.errors import EarnestError

if TYPE_CHECKING:
    from earnest.evaluation.workers import Progress
    from earnest.lab.executor import Executor
    from earnest.lab.experiment import Experiment
    from earnest.lab.matrix import Cell
    from earnest.lab.running import Workplace
    from earnest.ledger.evaluation import EvaluationRow

LEDGER = Path("results/ledger.jsonl")
MOST_JOBS = 64
JOBS = min(CORES, MOST_JOBS)

ExperimentFile = Annotated[Path, typer.Argument(metavar="FILE", help="An experiment, a TOML file.")]
Ledger = Annotated[Path, typer.Option("--ledger", help="The ledger that finished rows are appended to.")]
Work = Annotated[
    Path | None, typer.Option("--work", metavar="DIR", help="Where parts are kept and found again; runs/NAME.")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, max=MOST_JOBS, help="Worker processes of an evaluation.")]


def run(
    context: typer.Context,
    file: ExperimentFile,
    ledger: Ledger = LEDGER,
    work: Work = None,
    jobs: Jobs = JOBS,
    ray: RayAddress = None,
    allow_pickle: AllowPickle = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run an experiment: every model, target, recipe, method and seed on every data set."""
    from earnest.evaluation.threads import one_thread
    from earnest.lab.experiment import load_experiment

    experiment = load_experiment(file)
    prepared(ledger, quiet=quiet)
    with one_thread():  # before NumPy is first imported, so that one job counts like one of many
        from earnest.lab.cells import Watch, rows_by_cell, run_cells
        from earnest.lab.matrix import matrix_cells

        place = workplace(experiment, work, jobs, allow_pickle=allow_pickle)
        with place.folder.locked():
            cells = matrix_cells(experiment)
            before = rows_by_cell(ledger).keys() & {cell.key for cell in cells}
            failures: list[dict[str, str]] = []

            def failed(cell: "Cell", error: EarnestError) -> None:
                failures.append(failure(cell, error, debug=context.obj.debug))

            def finished(cell: "Cell", row: "EvaluationRow") -> None:
                note(finished_cell(cell, row), quiet=quiet)

            with progress(quiet=quiet) as shown, executor(ray, place, shown) as runs:
                run_cells(cells, ledger, runs, Watch(progress=shown, finished=finished, failed=failed))
            rows = [row for key, row in rows_by_cell(ledger).items() if key in {cell.key for cell in cells}]
    found: dict[str, Any] = {"file": str(file), "experiment": experiment.name, "ledger": str(ledger)}
    _show(found | {"cells": len(cells), "found": len(before), "failed": failures, "rows": rows}, as_json=as_json)
    if failures:
        raise typer.Exit(2)


def prepared(ledger: Path, *, quiet: bool) -> None:
    """What would spoil long work is refused before it; a last line of the ledger that a kill broke off is mended."""
    from earnest.ledger.ledger import mend

    try:
        ledger.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"--ledger: cannot make {ledger.parent}: {error.strerror}") from error
    existing_folder_of(ledger, "--ledger")
    if told := mend(ledger):
        note(told, quiet=quiet)
    existing_ledger(ledger)


def workplace(experiment: "Experiment", work: Path | None, jobs: int, *, allow_pickle: bool) -> "Workplace":
    """Where an experiment works: in runs/NAME unless told otherwise."""
    from earnest.lab.command import shown_command
    from earnest.lab.running import Workplace
    from earnest.lab.work_folder import WorkFolder

    return Workplace(
        folder=WorkFolder(root=work if work is not None else Path("runs") / experiment.name),
        jobs=jobs,
        allow_pickle=allow_pickle,
        command=shown_command(sys.argv[1:]),
    )


@contextlib.contextmanager
def executor(ray: str | None, place: "Workplace", shown: "Progress | None") -> "Iterator[Executor]":
    """What runs cells: this process, or the cluster at an address."""
    if ray is None:
        from earnest.lab.executor import Here

        yield Here(place=place, progress=shown)
        return
    from earnest.lab.cluster import Cluster, connected

    with connected(ray):
        yield Cluster(place=place)


def failure(cell: "Cell", error: EarnestError, *, debug: bool) -> dict[str, str]:
    """A cell that has no row, and why; with `--debug` the error itself."""
    if debug:
        raise error
    return {"cell": cell.title, "reason": " ".join(str(error).split())}


def finished_cell(cell: "Cell", row: "EvaluationRow") -> str:
    """A finished cell in one line."""
    return f"{cell.title}: {row.wer:.2f} % of {row.words} words wrong, float {row.float_wer:.2f} %"


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    for failure in found["failed"]:
        print(f"error: {failure['cell']}: {failure['reason']}", file=sys.stderr)
    rows: list[EvaluationRow] = found["rows"]
    if as_json:
        print_json(found | {"rows": [row.content() for row in rows]})
        return
    print(
        f"{found['experiment']}: {len(rows)} of {found['cells']} cells in {found['ledger']}, "
        f"{found['found']} of them from before, {len(found['failed'])} failed"
    )
    if rows:
        heading = ("program", "recipe", "target", "seed", "data", "WER %", "float %", "bits", "MB", "ms", "float ms")
        print(columns([heading, *map(line, rows)]))


def line(row: "EvaluationRow") -> tuple[str, ...]:
    """The cells of a row's line in a table."""
    return (
        *(row.program, row.recipe, row.target, str(row.seed), row.data),
        *(f"{row.wer:.2f}", f"{row.float_wer:.2f}", f"{row.effective_bits:.2f}"),
        f"{row.file_bytes / 1e6:.2f}",
        *(f"{row.milliseconds:.1f}", f"{row.float_milliseconds:.1f}"),
    )
