"""What runs a program."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from earnest.integer.program.program import Program


class Backend(Protocol):
    """What runs a program; all of them give the same codes."""

    name: str

    def run(self, *codes: np.ndarray) -> np.ndarray:
        """Codes of the output for those of the inputs of one utterance."""
        ...

    def run_all(self, *codes: np.ndarray) -> list[np.ndarray]:
        """Codes of the output and of all values that are kept."""
        ...


Make = Callable[[Program], Backend]
