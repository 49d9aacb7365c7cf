"""Ctrl-C while workers are being started ends the evaluation once they are, and they never hear it."""

import subprocess
import sys

INTERRUPTED = """
import signal, subprocess, sys
from earnest.evaluation.workers import deaf_children
ASKED = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
try:
    with deaf_children():
        signal.raise_signal(signal.SIGINT)
        print(subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True).stdout, end="")
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interruption_is_deferred_and_not_lost() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\ninterrupted\n", "")
