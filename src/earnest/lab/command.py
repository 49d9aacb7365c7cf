"""A command line as the ledger and the documents show it: no path of one machine in it."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

DATA_VARIABLE = "EARNEST_DATA"
DEFAULT_DATA = Path("..", "shared", "data")


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where models and corpora lie: `$EARNEST_DATA`, or `../shared/data` beside the checkout."""
    return Path(environ.get(DATA_VARIABLE) or DEFAULT_DATA)


def shown_command(
    arguments: Sequence[str], environ: Mapping[str, str] = os.environ, *, program: str = "earnest"
) -> str:
    """`earnest`, or another program, with its arguments, quoted for a shell.

    Paths into the data folder begin with `$EARNEST_DATA`, paths below the working folder are relative, of other
    absolute paths the last name is left.
    """
    root = data_folder(environ).resolve()
    return " ".join([program, *(_shown(argument, root) for argument in arguments)])


def _shown(argument: str, data: Path) -> str:
    option, equals, value = argument.partition("=")
    if equals and "/" not in option:
        return f"{shlex.quote(option)}={_shown(value, data)}"
    path = Path(os.path.abspath(argument))  # noqa: PTH100  # links are kept: the name as typed is what counts
    real = path.resolve()
    if "/" in argument and real.is_relative_to(data):
        inside = real.relative_to(data)
        return f"${DATA_VARIABLE}" + (f"/{shlex.quote(str(inside))}" if inside.parts else "")
    if not Path(argument).is_absolute() and not argument.startswith(".."):
        return shlex.quote(argument)
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here)) if path.is_relative_to(here) else path.name)
