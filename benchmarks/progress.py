"""What goes on, on standard error: standard output is for the result."""

import sys
import time


def say(message: str) -> None:
    """One line with the time of the day."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {message}\n")
    sys.stderr.flush()


def one_line(error: BaseException) -> str:
    """An error as a reason that stands in a table: its kind and the beginning of what it says."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__
