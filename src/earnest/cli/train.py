"""`earnest train`: a float Conformer-CTC, or quantization-aware training, as a TOML file says."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import AsJson, Quiet, existing_ledger
from earnest.cli.terminal import print_json, progress

if TYPE_CHECKING:
    from earnest.training.loop import Trained
    from earnest.training.specification import AnyTraining


def train(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A training run, a TOML file.")],
    work: Annotated[
        Path | None, typer.Option("--work", metavar="DIR", help="Where the run is kept and goes on; runs/NAME.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Another value for a key of FILE, as TOML has it; may be given again."
        ),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="Where steps are computed: cpu, cuda, cuda:1.")
    ] = "cpu",
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Append a row to this ledger.")] = None,
    tensorboard: Annotated[
        Path | None, typer.Option("--tensorboard", metavar="DIR", help="Also write events there (extra tensorboard).")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a float model, or what a recipe makes of one; killed, the same command goes on where it was."""
    from earnest.training.specification import load_training

    training = load_training(file, changes or ())
    if ledger is not None:
        existing_ledger(ledger)
    from earnest.lab.work_folder import WorkFolder
    from earnest.training.device import device_named
    from earnest.training.loop import Callbacks
    from earnest.training.ranks import process_group, rank
    from earnest.training.train import train as trained

    folder = work if work is not None else Path("runs") / training.name
    place, where = WorkFolder(root=folder), device_named(device)
    with process_group():
        if rank() > 0:
            trained(training, folder, Callbacks(), where)
            return
        with place.locked(), progress(quiet=quiet) as shown, _lines(tensorboard, quiet=quiet) as line:
            result = trained(training, folder, Callbacks(progress=shown, line=line), where)
    found = {"file": str(file), "name": training.name, **_figures(result)}
    if ledger is not None:
        _append(ledger, training, found)
    if as_json:
        print_json(found)
    else:
        _show(training.name, result)


def _show(name: str, result: "Trained") -> None:
    for path in result.results:
        print(f"{path}: {name} after {result.step} steps")
    for one in result.validation:
        named = f"{one['result']}, " if "result" in one else ""
        print(f"{named}{one['data']}: {one['wer']:.2f} % of {one['words']} words wrong, {one['utterances']} utterances")


@contextlib.contextmanager
def _lines(tensorboard: Path | None, *, quiet: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Who is told every line of the log: a person, and TensorBoard where that is asked for."""
    from earnest.training.events import Events

    with contextlib.ExitStack() as stack:
        events = None if tensorboard is None else stack.enter_context(contextlib.closing(Events(tensorboard)))

        def line(found: dict[str, Any]) -> None:
            if events is not None:
                events.add(found)
            if not quiet:
                print("  ".join(f"{key} {value}" for key, value in found.items()), file=sys.stderr, flush=True)

        yield line


def _figures(result: "Trained") -> dict[str, Any]:
    from earnest.evaluation.anatomy import file_sha256

    return {
        "result": str(result.result),
        "sha256": file_sha256(result.result),
        "others": {path.name: file_sha256(path) for path in result.results[1:]},
        "step": result.step,
        "started_from": result.started_from,
        "validation": result.validation,
        **result.facts,
    }


def _append(ledger: Path, training: "AnyTraining", found: dict[str, Any]) -> None:
    """A row of kind "training" without a path of this machine: of folders the last name is left."""
    from earnest.lab.command import shown_command
    from earnest.ledger.ledger import append, environment
    from earnest.ledger.training import TRAINING, TrainingRow

    settings = _without_folders(training.model_dump(by_alias=True))
    told = {"kind": TRAINING, "command": shown_command(sys.argv[1:]), "settings": settings}
    kept = {key: value for key, value in found.items() if key not in ("file", "result")}
    append(ledger, TrainingRow.of(told | kept | environment()))


def _without_folders(value: Any) -> Any:
    """Settings with the last names of their paths; nothing else in them has a slash."""
    if isinstance(value, dict):
        return {key: _without_folders(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_folders(one) for one in value]
    return Path(value).name if isinstance(value, str) and "/" in value else value
