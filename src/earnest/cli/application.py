"""The application: its commands, and how every error ends in one line and an exit status.

0 done · 1 a comparison that was asked for fails, or a bug · 2 what was asked for cannot be done · 130 interrupted.
"""

import contextlib
import importlib.metadata
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Annotated

import typer

from earnest.cli.audit import audit
from earnest.cli.coverage import coverage
from earnest.cli.evaluate import evaluate
from earnest.cli.explain import explain
from earnest.cli.export import export
from earnest.cli.inspect import inspect
from earnest.cli.quantize import quantize
from earnest.cli.report import report
from earnest.cli.run import run
from earnest.cli.search import search
from earnest.cli.sensitivity import sensitivity
from earnest.cli.tables import tables
from earnest.cli.train import train
from earnest.cli.transcribe import transcribe
from earnest.errors import EarnestError

COMMANDS = (
    inspect,
    quantize,
    audit,
    evaluate,
    transcribe,
    export,
    explain,
    sensitivity,
    run,
    search,
    coverage,
    tables,
    report,
    train,
)
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Base of all errors of usage, wherever this version of typer keeps it."""

INTERRUPTED = 130


@dataclass(slots=True)
class Invocation:
    """What the options before the command say, and whether Ctrl-C came."""

    debug: bool = False
    interrupted: bool = False


app = typer.Typer(
    name="earnest",
    help="A float speech recogniser becomes one file of integers, and its word error rate is measured.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        print(f"earnest {importlib.metadata.version('earnest')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of all commands."""
    del version
    context.ensure_object(Invocation).debug = debug


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, `sys.argv` unless told otherwise; the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    invocation = Invocation()
    try:
        with _interruptible(invocation):
            status = typer.main.get_command(app).main(
                args=given, prog_name="earnest", standalone_mode=False, obj=invocation
            )
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except EarnestError as error:
        return _fail(str(error), error, invocation)
    except UsageError as error:
        return _fail(_usage(error), error, invocation)
    except Exception as error:
        if invocation.debug:
            raise
        told = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"error: {told} (a bug of earnest: `earnest --debug ...` shows where)", file=sys.stderr)
        return 1
    if status == INTERRUPTED:
        print("interrupted", file=sys.stderr)
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _interruptible(invocation: Invocation) -> Iterator[None]:
    """Whatever is raised after Ctrl-C ends as Ctrl-C does: C code of a library, torch's for one, may swallow the
    exception that it was interrupted by and raise one of its own.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # told to ignore it, for one
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        invocation.interrupted = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Exception as error:
        if invocation.interrupted:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _fail(message: str, error: Exception, invocation: Invocation) -> int:
    if invocation.debug:
        raise error
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _usage(error: Exception) -> str:
    """An error of usage, with the command whose help explains it. No command at all is answered with the help."""
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    return f"{message} (see `{context.command_path if context else 'earnest'} --help`)"
