"""`earnest transcribe`: the text of recordings, by a program file. Imports no torch."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from earnest.cli.options import AsJson, Backend, Quiet, TargetFile, opened
from earnest.cli.terminal import note, print_json


def transcribe(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The program.")],
    recordings: Annotated[
        list[Path], typer.Argument(metavar="RECORDING...", help="Recordings: flac, wav, mp3 or ogg.")
    ],
    backend: Backend = "reference",
    target: TargetFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print what is said in recordings."""
    from earnest.errors import EarnestError
    from earnest.lab.backends import backend_for
    from earnest.runtime.recogniser import Recognizer

    program, _ = opened(file, target)
    recognizer = Recognizer(program, backend_for(program, backend))
    rate = recognizer.description.front_end.sample_rate
    found: list[dict[str, Any]] = []
    for path in recordings:
        try:
            transcript = recognizer.transcribe(path)
        except EarnestError as error:
            message = str(error) if str(path) in str(error) else f"{path}: {error}"
            print(f"error: {' '.join(message.split())}", file=sys.stderr)
            found.append({"path": str(path), "error": message})
            continue
        resampled = transcript.source_rate != rate
        if resampled:
            note(f"{path}: resampled from {transcript.source_rate} to {rate} Hz", quiet=quiet)
        if not as_json:
            print(transcript.text if len(recordings) == 1 else f"{path}: {transcript.text}", flush=True)
        found.append(
            {
                "path": str(path),
                "text": transcript.text,
                "seconds": round(transcript.seconds, 3),
                "source_rate": transcript.source_rate,
                "resampled": resampled,
            }
        )
    if as_json:
        print_json({"file": str(file), "backend": backend, "sample_rate": rate, "recordings": found})
    if any("error" in each for each in found):
        raise typer.Exit(2)
