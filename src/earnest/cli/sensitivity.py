"""`earnest sensitivity`: what a model loses by each group of its operators."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import (
    AllowPickle,
    AsJson,
    CalibrationFolder,
    CalibrationLimit,
    Quiet,
    RecipeName,
    TargetName,
    existing_ledger,
)
from earnest.cli.terminal import print_json, print_table, progress

if TYPE_CHECKING:
    from earnest.report.tables.sensitivity import Loss, Scan

COLUMNS = ("bits", "operators", "loss alone", "all but", "KL alone", "all but", "margin alone", "WER alone", "all but")


def sensitivity(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder, a .safetensors or a .nemo.")],
    recipe: RecipeName,
    target: TargetName,
    calibrate: CalibrationFolder,
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Recordings and words to measure on.")],
    calibration_limit: CalibrationLimit = 64,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Recordings to measure on.")] = 64,
    by: Annotated[str, typer.Option("--by", help="kind: groups of operators; operator: each by itself.")] = "kind",
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Append a row per group and way.")] = None,
    allow_pickle: AllowPickle = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure what each group of operators costs, alone, and when everything else is quantized."""
    from earnest.integer.program.target import load_target
    from earnest.speech.librispeech import data_sha256, read_split, select
    from earnest.swapping.recipe import load_recipe

    device, rules = load_target(target), load_recipe(recipe)
    if ledger is not None:
        existing_ledger(ledger)
    recordings = [
        utterance.path for utterance in select(read_split(calibrate, transcripts="absent"), calibration_limit)
    ]
    utterances = select(read_split(data, transcripts="required"), limit)

    from earnest.lab.groups import BY
    from earnest.lab.sensitivity import pair, scan
    from earnest.models import load
    from earnest.runtime.naming import model_name

    if by not in BY:
        raise typer.BadParameter(f"--by: expected one of {', '.join(BY)}, got {by}")
    loaded = load(model, allow_pickle=allow_pickle)
    with progress(quiet=quiet) as shown:
        both = pair(loaded, rules, device, recordings, shown)
        named = {"model": model_name(model), "data": data.resolve().name}
        found = scan(both, BY[by](both.twins), utterances, **named, progress=shown)
    sha256 = data_sha256(utterances)
    if as_json:
        print_json(_found(found, sha256))
    else:
        _print(found)
    _append(ledger, found, sha256)


def _append(ledger: Path | None, found: "Scan", data_sha256: str) -> None:
    if ledger is None:
        return
    from earnest.lab.command import shown_command
    from earnest.lab.sensitivity import ledger_rows
    from earnest.ledger.ledger import append

    for row in ledger_rows(found, data_sha256=data_sha256, command=shown_command(sys.argv[1:])):
        append(ledger, row)


def _found(found: "Scan", data_sha256: str) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(found) | {"data_sha256": data_sha256}


def _print(found: "Scan") -> None:
    from rich.table import Table
    from rich.text import Text

    print(f"{found.model}, {found.recipe}, {found.target}: {found.data}, {found.utterances} utterances")
    table = Table()
    table.add_column("group")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for group in found.groups:
        losses = [_cells(loss) for loss in (group.alone, group.all_but)]
        (loss, kl, margin, wer), (other_loss, other_kl, _, other_wer) = losses
        cells = (str(group.bits or "–"), str(group.operators), loss, other_loss, kl, other_kl, margin, wer, other_wer)
        table.add_row(Text(group.name), *cells)
    print_table(table)
    print(f"float WER: {found.float_wer:.2f} %; losses in nats a token, KL in nats a frame")


def _cells(loss: "Loss | None") -> tuple[str, str, str, str]:
    from earnest.report.tables.sensitivity import small

    if loss is None:
        return ("–", "–", "–", "–")
    return small(loss.loss), small(loss.kl), f"{loss.margin:.3g}", f"{loss.wer:.2f}"
