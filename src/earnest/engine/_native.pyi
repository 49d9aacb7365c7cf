from collections.abc import Sequence
from typing import Any

import numpy as np

from earnest.engine.records import Record

def isas() -> list[str]: ...
def measure_peak(isa: str, threads: int, seconds: float) -> float: ...

class Engine:
    def __init__(
        self,
        steps: Sequence[Record],
        bits: int,
        signed: bool,
        shape: tuple[Any, ...],
        output: int,
        isa: str,
        threads: int,
    ) -> None: ...
    def run(self, time: int, codes: np.ndarray) -> np.ndarray: ...
    def profile(self, time: int, codes: np.ndarray) -> list[tuple[str, str, float]]: ...
    def plan(self, time: int) -> dict[str, Any]: ...
    @property
    def isa(self) -> str: ...
    @property
    def threads(self) -> int: ...
    @property
    def weight_bytes(self) -> int: ...
