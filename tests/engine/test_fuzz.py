"""Files with any change, sealed again or not: an EarnestError, or a program on which the engine equals the law."""

import random
from collections import Counter
from copy import deepcopy
from itertools import cycle
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.running import ISAS, difference, equal, law
from tests.file.programs import alone, opened, program, sealed, tiny
from tests.integer.cases import CASES

from earnest.engine.backend import NativeBackend
from earnest.errors import EarnestError, FileError
from earnest.file import dumps, loads
from earnest.integer.program.program import Program, Step
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify

MOST_ELEMENTS, LONGEST = 1 << 20, 24
"""Values and lengths above which a mutant is proved, but not run."""

EXTREMES = (-(1 << 63), (1 << 63) - 1, 1 << 31, 1 << 40, -1, 0, 1, 2, 3, 4, 7, 8, 15, 16, 24, 31, 32, 47, 48, 63)
WORDS = ("", "input", "time", "odd", "symmetric", "sum", "int8", "int8x16", "linear", "matmul", "reshape")
TREES = (True, False, [], {}, [0], [1], ["time"], ["*", "time", "time"], ["//", "time", 0], ["+", "time", 1])


def paths(value: object, at: tuple = ()) -> list[tuple]:
    """Every place of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in items for path in paths(item, (*at, key)))]


def at(manifest: dict, path: tuple) -> object:
    """What lies at a place."""
    found: object = manifest
    for key in path:
        found = found[key]  # type: ignore[index]
    return found


def other(rng: random.Random, old: object) -> object:
    """A value in the place of another: mostly one near it, so that deep checks are reached."""
    kind = rng.random()
    if type(old) is bool and kind < 0.8:
        return not old
    if type(old) is int and kind < 0.8:
        return old + rng.choice([-8, -2, -1, 1, 2, 8]) if kind < 0.6 else rng.choice(EXTREMES)
    if isinstance(old, list) and old and kind < 0.8:
        changed = list(old)
        index = rng.randrange(len(changed))
        rng.choice([lambda: changed.pop(index), lambda: changed.append(changed[index]), changed.reverse])()
        return changed
    return deepcopy(rng.choice([*EXTREMES, *WORDS, *TREES]))


def change_list(rng: random.Random, manifest: dict) -> None:
    """One place of the operator list."""
    places = [path for path in paths(manifest) if path and path[0] not in ("description", "kinds", "format", "version")]
    *way, key = rng.choice(places)
    at(manifest, tuple(way))[key] = other(rng, at(manifest, (*way, key)))  # type: ignore[index]


def change_tensor(rng: random.Random, tensors: dict[str, np.ndarray]) -> None:
    """One byte of a tensor."""
    row = tensors[rng.choice(sorted(tensors))].reshape(-1).view(np.uint8)
    row[rng.randrange(row.size)] ^= rng.randrange(1, 256)


def mutant_of_parts(rng: random.Random, data: bytes) -> bytes:
    """Changes of the operator list and of the tensors, sealed again."""
    manifest, tensors = opened(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if tensors and rng.random() < 0.4:
            change_tensor(rng, tensors)
        else:
            change_list(rng, manifest)
    return sealed(manifest, tensors)


def mutant_of_bytes(rng: random.Random, data: bytes) -> bytes:
    """A flip, a truncation or an insertion."""
    place = rng.randrange(len(data))
    kind = rng.randrange(3)
    if kind == 0:
        return data[:place] + bytes([data[place] ^ rng.randrange(1, 256)]) + data[place + 1 :]
    return data[:place] if kind == 1 else data[:place] + rng.randbytes(rng.randrange(1, 9)) + data[place:]


def accepted(made: Program) -> bool:
    """A small program that is proved for a target that comes with earnest."""
    try:
        verify(made, load_target("int8x16"))
    except EarnestError:
        return False
    return True


def chained() -> list[Program]:
    """One program for each operator of the law's cases that reads codes [time, 2], and what it makes twice over."""
    found = {}
    for kind, cases in CASES.items():
        for case in cases:
            steps = alone(case.operator)
            if case.operator.arity == 2:
                steps = program(Step(name="only", operator=case.operator, inputs=("input", "input")))
            if kind not in found and accepted(steps):
                found[kind] = steps
    return list(found.values())


SEEDS = [dumps(each) for each in (tiny(), *chained())]


class Tally(Counter):
    """How far mutants came; the instruction sets take turns."""

    def __init__(self) -> None:
        super().__init__()
        self.isas = cycle(ISAS)


def codes_of(made: Program, time: int, rng: random.Random) -> np.ndarray:
    """Random codes of one length, or those of both ends."""
    low, high = made.input.low, made.input.high
    shape = made.input.domain(time).shape
    numbers = np.random.default_rng(rng.getrandbits(32))
    codes = numbers.integers(low, high, size=shape, endpoint=True)
    return (
        np.where(codes % 2 == 0, low, high).astype(made.input.container)
        if rng.random() < 0.5
        else codes.astype(made.input.container)
    )


def judge(data: bytes, rng: random.Random, tally: Tally) -> None:
    """The property; anything but an EarnestError, or a code that differs, is what the test looks for."""
    tally["tried"] += 1
    try:
        made = loads(data)
        tally["loaded"] += 1
        domains = verify(made, load_target("int8x16")).domains
    except EarnestError:
        return
    tally["verified"] += 1
    if (
        len(made.inputs) > 1
        or made.input.shortest > LONGEST
        or max(prod(domain.shape) for domain in domains.values()) > MOST_ELEMENTS
    ):
        return
    codes = codes_of(made, rng.randint(made.input.shortest, min(made.input.longest, LONGEST)), rng)
    expected = law(made, codes)
    isa, threads = next(tally.isas), rng.choice([1, 2])
    got = NativeBackend(made, isa=isa, threads=threads).run(codes)
    assert equal(expected, got), f"{isa}, {threads} threads, {codes.shape}: {difference(expected, got)}"
    tally["ran"] += 1


def fuzz(files: list[bytes], examples: int) -> Tally:
    """Mutants of parts and of bytes, each of one random number, so that hypothesis can repeat it."""
    tally = Tally()

    @settings(max_examples=examples, database=None)
    @given(st.integers(0, (1 << 48) - 1))
    def each(seed: int) -> None:
        rng = random.Random(seed)
        file = rng.choice(files)
        try:
            mutant = (mutant_of_bytes if rng.random() < 0.1 else mutant_of_parts)(rng, file)
        except FileError:  # of sealing: an integer that no file can hold
            return
        judge(mutant, rng, tally)

    each()
    return tally


def test_mutants_of_small_programs():
    tally = fuzz(SEEDS, 8000)
    assert tally["loaded"] > tally["tried"] // 10, tally
    assert tally["verified"] > tally["tried"] // 20, tally
    assert tally["ran"] > tally["tried"] // 25, tally


def test_mutants_of_a_real_program(tiny_world):
    tally = fuzz([tiny_world.program.read_bytes()], 300)
    assert tally["loaded"] > tally["tried"] // 10, tally
    assert tally["ran"] > 0, tally


def test_seeds_run():
    tally = Tally()
    for data in SEEDS:
        judge(data, random.Random(0), tally)
    assert tally["ran"] == len(SEEDS) > 5, tally


def test_a_wrong_engine_would_be_noticed(monkeypatch: pytest.MonkeyPatch):
    """One code that is off by one fails the property."""
    right = NativeBackend.run

    def wrong(backend: NativeBackend, codes: np.ndarray) -> np.ndarray:
        got = right(backend, codes)
        got.reshape(-1)[-1] ^= 1
        return got

    monkeypatch.setattr(NativeBackend, "run", wrong)
    with pytest.raises(AssertionError, match=r"1 of \d+ codes differ"):
        judge(SEEDS[0], random.Random(0), Tally())
