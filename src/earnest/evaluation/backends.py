"""Backends by name, as the command line and the ledger call them. All of them give the same codes."""

from collections.abc import Callable

from earnest.engine import NativeBackend
from earnest.errors import EarnestError
from earnest.integer.program.program import Program
from earnest.runtime.backend import Backend, Make
from earnest.runtime.reference import ReferenceBackend

DEFAULT = "native"

BACKENDS: dict[str, Callable[[Program, int], Backend]] = {
    DEFAULT: lambda program, threads: NativeBackend(program, threads=threads),
    "reference": lambda program, _threads: ReferenceBackend(program),
}


def check_backend(name: str) -> None:
    """EarnestError lists the names that there are."""
    if name not in BACKENDS:
        raise EarnestError(f"expected a backend of {sorted(BACKENDS)}, got {name!r}")


def backend_maker(name: str, *, threads: int = 1) -> Make:
    """What makes the backend of that name for a verified program; NumPy has threads of its own."""
    check_backend(name)
    return lambda program: BACKENDS[name](program, threads)
