"""The backend: refusals, threads, instruction sets by name, recognisers side by side."""

import threading
import time
from typing import Any

import numpy as np
import pytest
from tests.engine.running import ISAS, equal, law
from tests.integer.case import whole_rows

from earnest.engine import NativeBackend, available_isas
from earnest.errors import EngineError, ProgramError
from earnest.file import open_program
from earnest.integer.codes import weight_limit
from earnest.integer.law.linear import Linear
from earnest.integer.program.program import Input, Program, Step
from earnest.runtime.recognizer import Recognizer


@pytest.fixture(scope="module")
def program(tiny_world: Any) -> Program:
    """The tiny Conformer."""
    return open_program(tiny_world.program)


def codes_of(program: Program, frames: int, seed: int = 0) -> np.ndarray:
    """Random codes of an utterance."""
    rng = np.random.default_rng(seed)
    return rng.integers(-128, 127, (1, frames, program.input.shape[-1]), endpoint=True).astype(np.int8)


@pytest.mark.parametrize("isa", ISAS)
def test_a_conformer_on_every_instruction_set(program: Program, isa: str):
    for threads in (1, 2, 3, 4):
        backend = NativeBackend(program, isa=isa, threads=threads)
        for frames in (program.input.shortest, 31, 150):
            codes = codes_of(program, frames, frames)
            assert equal(law(program, codes), backend.run(codes))


def test_the_same_backend_at_many_lengths(program: Program):
    backend = NativeBackend(program, threads=2)
    for frames in (40, 200, 41, 40, *range(60, 72), 200, 40):
        codes = codes_of(program, frames, frames)
        assert equal(law(program, codes), backend.run(codes))


def test_instruction_sets_by_name(program: Program, monkeypatch: pytest.MonkeyPatch):
    assert NativeBackend(program, isa="portable").isa == "portable"
    monkeypatch.setenv("EARNEST_ISA", "portable")
    assert NativeBackend(program).isa == "portable"
    monkeypatch.setenv("EARNEST_ISA", "abacus")
    with pytest.raises(EngineError, match=r"expected an instruction set of this processor, .*, got 'abacus'"):
        NativeBackend(program)
    assert available_isas()[-1] == "portable"


@pytest.mark.parametrize("threads", [0, -1, 257])
def test_threads_that_there_are_not(program: Program, threads: int):
    with pytest.raises(EngineError, match=f"expected 1 to 256 threads, got {threads}"):
        NativeBackend(program, threads=threads)


def test_input_outside_the_proof(program: Program):
    backend = NativeBackend(program)
    good = codes_of(program, 20)
    for codes, message in (
        (good[0], "expected an input of shape"),
        (good[:, :, :-1], "expected an input of shape"),
        (good[:, :1], "too short"),
        (np.zeros((1, program.input.longest + 1, good.shape[-1]), dtype=np.int8), "too long"),
        (good.astype(np.int16) + 300, "expected integer codes"),
        (good.astype(np.float32), "expected integer codes"),
    ):
        with pytest.raises(ProgramError, match=message):
            backend.run(codes)


def test_codes_in_any_type_and_order(program: Program):
    backend = NativeBackend(program)
    good = codes_of(program, 20)
    expected = backend.run(good)
    assert equal(expected, backend.run(good.astype(np.int64)))
    assert equal(expected, backend.run(np.asfortranarray(good)))
    assert equal(expected, backend.run(np.repeat(good, 2, axis=1)[:, ::2]))


def test_recognizers_side_by_side(program: Program):
    """Each in a thread of its own; and one that several threads share."""
    shared = NativeBackend(program, threads=2)
    wrong: list[str] = []

    def work(seed: int) -> None:
        own = NativeBackend(program, threads=1 + seed % 2)
        for index in range(10):
            codes = codes_of(program, 30 + 7 * seed + index, seed)
            expected = own.run(codes)
            if not equal(expected, shared.run(codes)):
                wrong.append(f"{seed}, {index}")
            if index == 0 and not equal(expected, law(program, codes)):
                wrong.append(f"{seed} and the law")

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_python_goes_on_during_a_run(program: Program):
    """The GIL is free: were it held, this thread would have its turn between two runs only."""
    runs = 20
    backend = NativeBackend(program, isa="portable")
    codes = codes_of(program, program.input.longest)
    backend.plan(codes.shape[1])

    def work() -> None:
        for _ in range(runs):
            backend.run(codes)

    worker = threading.Thread(target=work)
    counted = 0
    worker.start()
    while worker.is_alive():
        counted += 1
        time.sleep(0)
    worker.join()
    assert counted > 20 * runs


def test_a_recognizer_runs_natively_and_keeps_no_program(tiny_world: Any):
    recognizer = Recognizer(tiny_world.program, threads=2)
    (backend,) = recognizer.backends
    assert isinstance(backend, NativeBackend)
    assert backend.threads == 2
    assert not any(isinstance(value, Program) for value in (*vars(recognizer).values(), *vars(backend).values()))


@pytest.mark.parametrize("bits", range(2, 9))
def test_weights_stay_at_their_width(bits: int):
    rows, depth = 512, 256
    limit = weight_limit(bits, "symmetric")
    weight = np.random.default_rng(bits).integers(-limit, limit, (rows, depth), endpoint=True).astype(np.int8)
    operator = Linear(
        weight=weight,
        **whole_rows(weight),
        bias=np.zeros(rows, dtype=np.int32),
        multiplier=np.full(rows, 1 << 15, dtype=np.uint16),
        shift=np.full(rows, 24, dtype=np.uint8),
        weight_bits=bits,
        weight_map="symmetric",
        input_bits=8,
        input_signed=True,
        zero_point=0,
        bits=8,
        signed=True,
    )
    program = Program(
        target="int8x16",
        inputs=(Input.whole(bits=8, signed=True, shape=(1, "time", depth), shortest=1, longest=8),),
        steps=(Step(name="linear", operator=operator, inputs=("input",)),),
        output="linear",
        description={},
    )
    bias_multiplier_and_shift = 7 * rows
    assert NativeBackend(program).weight_bytes == rows * depth * bits // 8 + bias_multiplier_and_shift
