"""`earnest transcribe`: the text of recordings, by a program file. Imports no torch."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import CORES, AsJson, Backend, Beams, Quiet, TargetFile, Threads, opened
from earnest.cli.terminal import note, print_json

if TYPE_CHECKING:
    from earnest.runtime.recognizer import Recognizer, Transcript


def transcribe(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The program.")],
    recordings: Annotated[
        list[Path], typer.Argument(metavar="RECORDING...", help="Recordings: flac, wav, mp3 or ogg.")
    ],
    backend: Backend = "native",
    threads: Threads = CORES,
    beams: Beams = 1,
    target: TargetFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print what is said in recordings."""
    from earnest.errors import EarnestError

    recognizer = _recognizer(file, target, backend, threads, beams)
    rate = recognizer.description.front_end.sample_rate
    found: list[dict[str, Any]] = []
    for path in recordings:
        try:
            transcript = recognizer.transcribe(path)
        except EarnestError as error:
            if context.obj.debug:
                raise
            message = str(error) if str(path) in str(error) else f"{path}: {error}"
            found.append({"path": str(path), "error": message})
            print(f"error: {' '.join(message.split())}", file=sys.stderr)
            continue
        if resampled := transcript.source_rate != rate:
            note(f"{path}: resampled from {transcript.source_rate} to {rate} Hz", quiet=quiet)
        _note_windows(path, transcript, quiet)
        if not as_json:
            print(transcript.text if len(recordings) == 1 else f"{path}: {transcript.text}", flush=True)
        seconds, source = round(transcript.seconds, 3), transcript.source_rate
        row = {"path": str(path), "text": transcript.text, "seconds": seconds, "source_rate": source}
        row |= {"resampled": resampled, "windows": len(transcript.windows), "truncated": transcript.truncated}
        found.append(row)
    if as_json:
        print_json({"file": str(file), "backend": backend, "sample_rate": rate, "recordings": found})
    if any("error" in each for each in found):
        raise typer.Exit(2)


def _note_windows(path: Path, transcript: "Transcript", quiet: bool) -> None:
    """What a reader of the text has to know of its windows."""
    count = len(transcript.windows)
    if count > 1:
        note(f"{path}: longer than this program hears: cut into {count} windows, maybe within words", quiet=quiet)
    for number, window in enumerate(transcript.windows, start=1):
        if window.truncated:
            where, tokens = f"window {number}: " if count > 1 else "", len(window.token_ids)
            note(f"{path}: {where}cut off: no end among {tokens} tokens, as many as this program may make", quiet=quiet)


def _recognizer(file: Path, target: str | None, backend: str, threads: int, beams: int) -> "Recognizer":
    """The program's arrays end here: what runs keeps its weights packed."""
    from earnest.evaluation.backends import backend_maker
    from earnest.runtime.recognizer import Recognizer

    program, device = opened(file, target)
    return Recognizer(program, backend_maker(backend, threads=threads), target=device, beams=beams)
