"""What this machine does: rates of products, in integer operations a second (two for each multiply-accumulate), and the
milliseconds of each step of a program.
"""

import time

import numpy as np

from earnest.engine import _native
from earnest.engine.backend import NativeBackend, chosen_isa
from earnest.integer.codes import weight_limit
from earnest.integer.dimension import TIME, evaluate
from earnest.integer.law.linear import Linear
from earnest.integer.program.program import INPUT, Input, Program, Step

_SECONDS, _SHIFT, _MULTIPLIER, _RUNS = 0.3, 24, 40_000, 8


def peak(*, threads: int) -> float:
    """The best rate of a bare loop of products whose operands and sums stay in registers and the first cache."""
    return _native.measure_peak(chosen_isa(), threads, _SECONDS)


def linear(*, rows: int, in_features: int, out_features: int, weight_bits: int, threads: int) -> float:
    """The best rate of a linear layer from 8-bit codes to 8-bit codes, everything included that a run of it takes."""
    random = np.random.default_rng(0)
    limit = weight_limit(weight_bits, "symmetric")
    operator = Linear(
        weight=random.integers(-limit, limit, (out_features, in_features), endpoint=True).astype(np.int8),
        group_multiplier=np.ones((out_features, 1), dtype=np.uint8),
        bias=np.zeros(out_features, dtype=np.int32),
        multiplier=np.full(out_features, _MULTIPLIER, dtype=np.uint16),
        shift=np.full(out_features, _SHIFT, dtype=np.uint8),
        weight_bits=weight_bits,
        weight_map="symmetric",
        weight_group=in_features,
        input_bits=8,
        input_signed=True,
        zero_point=0,
        bits=8,
        signed=True,
    )
    program = Program(
        target="",
        inputs=(Input.whole(bits=8, signed=True, shape=(1, TIME, in_features), shortest=rows, longest=rows),),
        steps=(Step(name="linear", operator=operator, inputs=(INPUT,)),),
        output="linear",
        description={},
    )
    backend = NativeBackend(program, threads=threads)
    codes = random.integers(-128, 127, (1, rows, in_features), endpoint=True).astype(np.int8)
    backend.run(codes)
    best, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < _SECONDS:
        start = time.perf_counter()
        backend.run(codes)
        best = min(best, time.perf_counter() - start)
    return 2.0 * rows * in_features * out_features / best


def step_milliseconds(program: Program, length: int) -> dict[str, float]:
    """The milliseconds of every step that takes any, on one thread and an input of so many frames or samples: the least
    of several runs. What the engine fuses counts as the step that it is part of.
    """
    backend, spec = NativeBackend(program), program.input
    shape = [evaluate(each, {TIME: length}) for each in spec.shape]
    codes = np.random.default_rng(0).integers(spec.low, spec.high, shape, endpoint=True).astype(spec.container)
    found: dict[str, float] = {}
    for _ in range(_RUNS):
        run: dict[str, float] = {}
        for name, _kind, seconds in backend.profile(codes):
            run[name] = run.get(name, 0.0) + 1000 * seconds
        found = {name: min(each, found.get(name, each)) for name, each in run.items()}
    return found
