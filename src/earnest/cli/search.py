"""`earnest search`: trials of a recipe's settings, towards the smallest error rate, file and time."""

from typing import TYPE_CHECKING, Any

import typer

from earnest.cli.options import AllowPickle, AsJson, Quiet, RayAddress
from earnest.cli.run import (
    JOBS,
    LEDGER,
    ExperimentFile,
    Jobs,
    Ledger,
    Work,
    executor,
    failure,
    finished_cell,
    prepared,
    workplace,
)
from earnest.cli.terminal import columns, note, print_json, progress

if TYPE_CHECKING:
    from earnest.errors import EarnestError
    from earnest.lab.matrix import Cell
    from earnest.ledger.evaluation import EvaluationRow

UNITS = {"wer": "WER %", "bytes": "MB", "milliseconds": "ms"}


def search(
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
    """Search the settings of a recipe for the best of error rate, size and time."""
    from earnest.evaluation.threads import one_thread
    from earnest.lab.experiment import load_experiment

    experiment = load_experiment(file)
    prepared(ledger, quiet=quiet)
    failures: list[dict[str, str]] = []

    def failed(cell: "Cell", error: "EarnestError") -> None:
        failures.append(failure(cell, error, debug=context.obj.debug))
        note(f"{cell.title}: {failures[-1]['reason']}", quiet=quiet)

    def finished(cell: "Cell", row: "EvaluationRow") -> None:
        note(finished_cell(cell, row), quiet=quiet)

    with one_thread():  # before NumPy is first imported, so that one job counts like one of many
        from earnest.lab.cells import Watch
        from earnest.lab.search import base_of, run_search

        place = workplace(experiment, work, jobs, allow_pickle=allow_pickle)
        with place.folder.locked(), progress(quiet=quiet) as shown:
            base = base_of(experiment)
            watch = Watch(progress=shown, finished=finished, failed=failed)
            with executor(ray, place, shown) as runs:
                front = run_search(base, ledger, place.folder.trials, runs, watch)
    found: dict[str, Any] = {"file": str(file), "search": experiment.name, "ledger": str(ledger)}
    found |= {"trials": base.search.trials, "objectives": base.search.objectives, "failed": failures, "front": front}
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    print(
        f"{found['search']}: {found['trials']} trials, {len(found['failed'])} failed just now; "
        f"{len(found['front'])} on the Pareto front, rows in {found['ledger']}"
    )
    rows = [
        (
            str(each["trial"]),
            *(f"{each[name] / 1e6:.2f}" if name == "bytes" else f"{each[name]:.2f}" for name in found["objectives"]),
            ", ".join(f"{name} = {value}" for name, value in each["settings"].items()),
        )
        for each in found["front"]
    ]
    if rows:
        print(columns([("trial", *(UNITS[name] for name in found["objectives"]), "settings"), *rows]))
