"""The native backend: a verified program in C++, planned for all lengths and run by threads.

`EARNEST_ISA` names the instruction set that runs (`available_isas` lists those of this processor); without it, the
best one does. The codes are the same whatever the set and however many the threads.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from earnest.engine import _native
from earnest.engine.records import record
from earnest.errors import EngineError
from earnest.integer.program.program import Program, check_inputs

ISA_VARIABLE = "EARNEST_ISA"


def available_isas() -> list[str]:
    """Instruction sets that this processor can run, the best first; `portable` runs everywhere."""
    return _native.isas()


def chosen_isa(asked: str | None = None) -> str:
    """The instruction set that runs: the one asked for, that of `EARNEST_ISA`, or the best."""
    known = available_isas()
    name = asked or os.environ.get(ISA_VARIABLE) or known[0]
    if name not in known:
        raise EngineError(f"expected an instruction set of this processor, {known}, got {name!r} (see {ISA_VARIABLE})")
    return name


class NativeBackend:
    """Runs a program that has been verified. It keeps none of the program's arrays: weights stay packed at their width.

    Several may run side by side; calls of one are taken one after the other. The GIL is free while it runs.
    """

    name = "native"

    def __init__(self, program: Program, *, threads: int = 1, isa: str | None = None) -> None:
        places = {spec.name: -1 - port for port, spec in enumerate(program.inputs)}
        places |= {step.name: index for index, step in enumerate(program.steps)}
        records = [record(step, places) for step in program.steps]
        specs = [(spec.bits, spec.signed, spec.shape) for spec in program.inputs]
        outputs = [places[name] for name in program.outputs]
        chosen = chosen_isa(isa)
        try:
            self._engine = _native.Engine(records, specs, outputs, list(program.ranges), chosen, threads)
        except ValueError as error:
            raise EngineError(str(error)) from error
        self._inputs = program.inputs

    @property
    def isa(self) -> str:
        """The instruction set that runs."""
        return self._engine.isa

    @property
    def threads(self) -> int:
        """Threads of one run."""
        return self._engine.threads

    @property
    def weight_bytes(self) -> int:
        """What weights and constants take in memory."""
        return self._engine.weight_bytes

    def run(self, *codes: np.ndarray) -> np.ndarray:
        """Codes of the output for those of the inputs of one utterance, [1, ...].

        ProgramError for codes outside the proof, EngineError where the memory does not suffice.
        """
        return self.run_all(*codes)[0]

    def run_all(self, *codes: np.ndarray) -> list[np.ndarray]:
        """Codes of the output and of all values that are kept."""
        lengths = check_inputs(self._inputs, codes)
        try:
            return self._engine.run(list(lengths.values()), self._in_containers(codes))
        except MemoryError as error:
            raise EngineError(f"an utterance of {lengths} needs more memory than there is: cut it") from error
        except ValueError as error:
            raise EngineError(str(error)) from error

    def plan(self, *lengths: int) -> dict[str, Any]:
        """What a run of some lengths, one of each symbol, does: bytes of `arena`, and of `scratch` for each thread,
        `phases` of strips of tasks, and the `places` of arena values as (position, bytes, first phase, last phase).
        """
        return self._engine.plan(list(lengths))

    def profile(self, *codes: np.ndarray) -> list[tuple[str, str, float]]:
        """Name, kind and seconds of every task of one run on one thread."""
        lengths = check_inputs(self._inputs, codes)
        return self._engine.profile(list(lengths.values()), self._in_containers(codes))

    def _in_containers(self, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
        pairs = zip(codes, self._inputs, strict=True)
        return [np.ascontiguousarray(each, dtype=spec.container) for each, spec in pairs]
