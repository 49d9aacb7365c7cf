"""The reference backend: the law in NumPy, with sums of products by BLAS where they are proved exact.

Sums of integers are exact in float64, in any order, while no partial sum reaches 2^53. The bound that comes with
every sum is checked against that; where it fails, the integer law itself is used. `exact=True` uses the integer law
throughout.
"""

from collections.abc import Callable

import numpy as np

from earnest.integer.accumulation import Accumulation, IntegerAccumulation, convolve_by_matmul
from earnest.integer.program.program import Program, run

FLOAT64_EXACT = 1 << 53


class Float64Accumulation:
    """E7 and E8 through float64 products below 2^53."""

    def matmul(self, left: np.ndarray, right: np.ndarray, bound: int) -> np.ndarray:
        """E7."""
        if bound >= FLOAT64_EXACT:
            return IntegerAccumulation().matmul(left, right, bound)
        return np.matmul(left.astype(np.float64), right.astype(np.float64)).astype(np.int64)

    def convolve(
        self,
        padded: np.ndarray,
        weight: np.ndarray,
        strides: tuple[int, ...],
        dilations: tuple[int, ...],
        groups: int,
        bound: int,
    ) -> np.ndarray:
        """E8."""
        return convolve_by_matmul(self, padded, weight, strides, dilations, groups, bound)


class ReferenceBackend:
    """Runs a program with NumPy. Programs are verified before they get here."""

    name = "reference"

    def __init__(self, program: Program, *, exact: bool = False) -> None:
        self.program = program
        self._accumulation: Accumulation = IntegerAccumulation() if exact else Float64Accumulation()

    def run(self, *codes: np.ndarray, observe: Callable[[str, np.ndarray], None] | None = None) -> np.ndarray:
        """Codes of the output for those of the inputs of one utterance, [1, ...]."""
        return run(self.program, codes, self._accumulation, observe)[0]

    def run_all(self, *codes: np.ndarray) -> list[np.ndarray]:
        """Codes of the output and of all values that are kept."""
        return run(self.program, codes, self._accumulation)
