"""Backends by name, as the command line and the ledger call them. All of them give the same codes."""

from collections.abc import Callable

from earnest.errors import EarnestError
from earnest.integer.program import Program
from earnest.runtime.recogniser import Backend
from earnest.runtime.reference import ReferenceBackend

BACKENDS: dict[str, Callable[[Program], Backend]] = {"reference": ReferenceBackend}


def backend_for(program: Program, name: str) -> Backend:
    """The backend of that name for a verified program; EarnestError lists the names that there are."""
    if name not in BACKENDS:
        raise EarnestError(f"expected a backend of {sorted(BACKENDS)}, got {name!r}")
    return BACKENDS[name](program)
