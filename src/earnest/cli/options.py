"""Options that several commands share, each with one meaning."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earnest.errors import EarnestError
from earnest.runtime.cores import CORES as ALLOWED

if TYPE_CHECKING:
    from earnest.integer.program.program import Program
    from earnest.integer.program.target import Target

MOST_THREADS = 256
CORES = min(ALLOWED, MOST_THREADS)
"""Cores that this process may use, as threads that it may ask for."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no notes.")]
AllowPickle = Annotated[bool, typer.Option("--allow-pickle", help="Read a pickle, such as a .nemo, with weights_only.")]
Backend = Annotated[str, typer.Option("--backend", help="What runs the program: native, or reference (slow).")]
Threads = Annotated[int, typer.Option("--threads", min=1, max=MOST_THREADS, help="Threads of the native backend.")]
Beams = Annotated[
    int, typer.Option("--beams", min=1, help="Hypotheses that a decoder follows; one is greedy decoding.")
]
RecipeName = Annotated[str, typer.Option("--recipe", help="A shipped recipe, or a TOML file.")]
TargetName = Annotated[str, typer.Option("--target", help="A shipped target, or a TOML file.")]
CalibrationFolder = Annotated[
    Path, typer.Option("--calibrate", metavar="DIR", help="Recordings in LibriSpeech's layout; no words needed.")
]
CalibrationLimit = Annotated[
    int, typer.Option("--calibration-limit", min=1, help="Recordings to calibrate on, spread by a hash of the id.")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="Spread the work over this Ray cluster, HOST:PORT or auto."),
]
TargetFile = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="TARGET", help="The target's TOML file, for a program whose target is not shipped."
    ),
]


def is_model(path: Path) -> bool:
    """Whether a path is a float model rather than a program: a folder, a .safetensors or a .nemo."""
    return path.is_dir() or path.suffix in (".safetensors", ".nemo")


def opened(path: Path, target: str | None) -> "tuple[Program, Target]":
    """The verified program of a file, and the target that it was verified for."""
    from earnest.file import load
    from earnest.integer.program.target import load_target
    from earnest.integer.program.verifier import verify

    program = load(path)
    try:
        device = load_target(target if target is not None else program.target)
        verify(program, device)
    except EarnestError as error:
        raise type(error)(f"{path}: {error}") from error
    return program, device


def existing_ledger(ledger: Path) -> None:
    """Refuse, before any long work, a ledger that cannot be appended to."""
    existing_folder_of(ledger, "--ledger")
    if ledger.exists():
        from earnest.ledger.ledger import read

        read(ledger)


def existing_folder_of(path: Path, option: str) -> None:
    """Refuse, before any long work, a file that cannot be written when it is done."""
    if path.is_dir():
        raise typer.BadParameter(f"{option}: {path} is a folder; expected the name of a file")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"{option}: no folder {path.parent}; make it first")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists():
            with path.open("ab"):
                pass
    except OSError as error:
        raise typer.BadParameter(f"{option}: cannot write {path}: {error.strerror or error}") from error
