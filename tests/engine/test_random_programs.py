"""Programs at random equal the law, code for code, on every instruction set and on one, two and three threads."""

from collections import Counter

import pytest
from tests.engine.generator import generate, inputs
from tests.engine.running import mismatches

from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.program import Program
from earnest.integer.program.verifier import verify

SEEDS = range(420)


@pytest.mark.parametrize("seed", SEEDS)
def test_native_equals_law(seed: int):
    program, target = generate(seed)
    verify(program, target)
    spec = program.input
    times = sorted({spec.shortest, (spec.shortest + spec.longest) // 2, spec.longest})
    codes = [each for time in times for each in inputs(spec, time, seed)]
    assert next(mismatches(program, codes), None) is None


def live(program: Program) -> list[str]:
    """Kinds of the steps that the output needs."""
    needed, kinds = {program.output}, []
    for step in reversed(program.steps):
        if step.name in needed:
            needed.update(step.inputs)
            kinds.append(step.operator.kind)
    return kinds


def test_programs_are_of_every_kind():
    """The generator makes what it should: each operator runs in several programs, and few programs are trivial."""
    found = [live(generate(seed)[0]) for seed in SEEDS]
    count = Counter(kind for kinds in found for kind in set(kinds))
    assert set(count) == set(OPERATORS)
    assert min(count.values()) >= 3, count
    assert sum(len(kinds) > 3 for kinds in found) > len(SEEDS) // 2
