"""`earnest evaluate`: the word error rate of a program file, beside its float model's, on a folder of recordings."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import (
    CORES,
    AllowPickle,
    AsJson,
    Backend,
    Beams,
    Quiet,
    RayAddress,
    TargetFile,
    existing_folder_of,
    existing_ledger,
    is_model,
)
from earnest.cli.terminal import megabytes, print_json, print_table, progress
from earnest.errors import EarnestError

if TYPE_CHECKING:
    from earnest.evaluation.evaluation import Evaluation
    from earnest.speech.librispeech import Utterance

MOST_JOBS = 64


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A program, or a float model alone.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Recordings and words in LibriSpeech's layout.")],
    against: Annotated[
        Path | None, typer.Option("--against", metavar="MODEL", help="The float model to compare with.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Utterances, spread by a hash of the id; all if not given.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=MOST_JOBS, help="Worker processes; no figure depends on them.")
    ] = min(CORES, MOST_JOBS),
    backend: Backend = "native",
    beams: Beams = 1,
    target: TargetFile = None,
    ray: RayAddress = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", help="Append a row to this ledger (needs --against).")
    ] = None,
    hypotheses: Annotated[
        Path | None, typer.Option("--hypotheses", help="Write words and hypotheses as JSON lines.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", help="Write what a judge of the evaluation needs, as one JSON object.")
    ] = None,
    allow_pickle: AllowPickle = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure word error rates."""
    from earnest.speech.librispeech import data_sha256

    _check_outputs(file, against, ledger, hypotheses, record, beams)
    available = _utterances(data)
    utterances = _chosen(available, limit)
    found: dict[str, Any] = {"file": str(file), "data": data.resolve().name, "data_sha256": data_sha256(utterances)}
    found["beams"] = beams
    with progress(quiet=quiet) as shown:
        evaluation = _evaluation(file, utterances, against, jobs, backend, beams, target, allow_pickle, shown, ray)
    found |= _figures(evaluation)
    print_json(found) if as_json else _print(found)
    with contextlib.ExitStack() as kept:  # what cannot be written shall cost neither the figures nor other files
        kept.callback(_write_record, record, evaluation, found, len(available))
        kept.callback(_write_hypotheses, hypotheses, evaluation)
        kept.callback(_append, ledger, evaluation, found)


def _check_outputs(
    file: Path, against: Path | None, ledger: Path | None, hypotheses: Path | None, record: Path | None, beams: int
) -> None:
    """What would spoil the result of long work is refused before it."""
    if is_model(file) and against is not None:
        raise typer.BadParameter(f"--against: {file} is a float model itself; it is evaluated alone")
    if hypotheses is not None:
        existing_folder_of(hypotheses, "--hypotheses")
    if record is not None:
        if is_model(file):
            raise typer.BadParameter(
                f"--record: a record is of a program; {file} is a float model: give it as --against"
            )
        existing_folder_of(record, "--record")
    if ledger is not None:
        if against is None:
            raise typer.BadParameter("--ledger: a row compares a program with its float model; give --against")
        if beams > 1:
            raise typer.BadParameter("--ledger: its rows are of greedy decoding: give --record, or no --beams")
        existing_ledger(ledger)


def _utterances(data: Path) -> "list[Utterance]":
    from earnest.speech.librispeech import read_split

    return read_split(data, transcripts="required")


def _chosen(utterances: "list[Utterance]", limit: int | None) -> "list[Utterance]":
    from earnest.speech.librispeech import select

    return utterances if limit is None else select(utterances, limit)


def _evaluation(
    file: Path,
    utterances: "list[Utterance]",
    against: Path | None,
    jobs: int,
    backend: str,
    beams: int,
    target: str | None,
    allow_pickle: bool,
    shown: Any,
    ray: str | None,
) -> "Evaluation":
    from earnest.evaluation.threads import one_thread

    with contextlib.ExitStack() as stack:
        stack.enter_context(one_thread())  # before NumPy is first imported, so that one job counts like one of many
        from earnest.evaluation.evaluation import evaluate as evaluate_program
        from earnest.evaluation.evaluation import evaluate_float
        from earnest.evaluation.workers import run as runner

        if ray is not None:
            from earnest.lab.cluster import connected, cores
            from earnest.lab.cluster import run_shards as runner

            stack.enter_context(connected(ray))
            jobs = cores()
        common: dict[str, Any] = {"jobs": jobs, "progress": shown, "allow_pickle": allow_pickle, "runner": runner}
        common["beams"] = beams
        if is_model(file):
            return evaluate_float(file, utterances, **common)
        return evaluate_program(file, utterances, against=against, backend=backend, target=target, **common)


def _figures(evaluation: "Evaluation") -> dict[str, Any]:
    from earnest.evaluation.figures import figures

    return figures(evaluation)


def _append(ledger: Path | None, evaluation: "Evaluation", found: dict[str, Any]) -> None:
    if ledger is None:
        return
    from earnest.evaluation.figures import ledger_row
    from earnest.lab.command import shown_command
    from earnest.ledger.ledger import append

    command = shown_command(sys.argv[1:])
    row = ledger_row(evaluation, data=found["data"], data_sha256=found["data_sha256"], command=command)
    append(ledger, row)


def _write_hypotheses(path: Path | None, evaluation: "Evaluation") -> None:
    if path is None:
        return
    import json

    from earnest.evaluation.figures import hypotheses

    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in hypotheses(evaluation)]
    _write(path, "".join(lines), "--hypotheses")


def _write_record(path: Path | None, evaluation: "Evaluation", found: dict[str, Any], available: int) -> None:
    if path is None:
        return
    from earnest.evaluation.record import record, text

    content = record(evaluation, data=found["data"], data_sha256=found["data_sha256"], available=available)
    _write(path, text(content), "--record")


def _write(path: Path, content: str, option: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:  # of a full disk it does not know the name
        raise EarnestError(f"{option}: {path}: cannot be written: {error.strerror or error}") from error


def _print(found: dict[str, Any]) -> None:
    from rich.table import Table

    minutes = found["seconds_of_audio"] / 60
    print(f"data: {found['data']}, {found['utterances']} utterances, {found['words']} words, {minutes:.1f} minutes")
    for key, kind in (("float_model", "float32"), ("program", "integer")):
        if key in found:
            level = f" ({found['level']})" if key == "program" else ""
            print(f"{kind}: {found[key]}{level}")
    table = Table()
    for column, align in (
        ("system", "left"),
        ("WER %", "right"),
        ("sub", "right"),
        ("del", "right"),
        ("ins", "right"),
        ("empty", "right"),
        ("cut off", "right"),
        ("size", "right"),
        ("x real time", "right"),
    ):
        table.add_column(column, justify=align)  # type: ignore[arg-type]
    for prefix, size in (("float_", "float_bytes"), ("", "file_bytes")):
        if f"{prefix}wer" in found:
            counts = [f"{found[f'{prefix}{kind}']}" for kind in ("substitutions", "deletions", "insertions")]
            odd = [f"{found[f'{prefix}{kind}_hypotheses']}" for kind in ("empty", "truncated")]
            speed = f"{found[f'{prefix}compute_seconds'] / found['seconds_of_audio']:.3f}"
            table.add_row(
                "float32" if prefix else "integer",
                f"{found[f'{prefix}wer']:.2f}",
                *counts,
                *odd,
                megabytes(found[size]),
                speed,
            )
    print_table(table)
    if "difference" in found:
        low, high = found["interval"]
        print(
            f"integer - float: {found['difference']:+.2f}, 95 % interval {low:+.2f} to {high:+.2f} (paired bootstrap)"
        )
