"""The judge's proof against the verifier's, which share no code: what one refuses the other refuses, and the sums of
what both accept have the same widths.
"""

import random
from pathlib import Path

import pytest
from tests.engine.generator import generate, inputs
from tests.engine.test_fuzz import SEEDS, mutant_of_bytes, mutant_of_parts
from tests.judge.zoo.planting import anything, judged

from earnest.errors import EarnestError, FileError
from earnest.file import dumps, loads
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.program.program import run
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import OverflowProof, verify

CLAIMS = {"all-read", "declared", "headline", "from-input"}
"""What a program may be although the law has nothing against it."""

RANDOM = range(60)


def refused(data: bytes, target: str, folder: Path) -> set[str] | None:
    """The rules that do not hold of a file, its claims left out; None if it cannot be read."""
    try:
        verdict = judged(data, folder, target=target)
    except EarnestError:
        return None
    return {
        found.rule
        for found in verdict.failed
        if found.rule not in CLAIMS and (found.rule, found.where) != ("nothing-hidden", "description")
    }


def proved(data: bytes, target: Target) -> OverflowProof | None:
    """What the verifier proves of a file, or None."""
    try:
        return verify(loads(data), target)
    except EarnestError:
        return None


def is_doubled(data: bytes) -> bool:
    """Whether the reader minds nothing but an array that is stored twice, which hides nothing: the judge counts it."""
    try:
        loads(data)
    except FileError as error:
        return "the one form that a program has" in str(error)
    return False


@pytest.mark.parametrize("seed", RANDOM)
def test_the_sums_of_random_programs_have_the_same_widths(seed: int, tmp_path: Path):
    program, target = generate(seed)
    proof = verify(program, target)
    text = anything(target.accumulator_bits).replace("int8x16", target.name)
    verdict = judged(dumps(program), tmp_path, target=text)
    assert {found.rule for found in verdict.failed} <= CLAIMS | {"nothing-hidden"}
    rows = verdict.sections[0].figures["steps"]
    found = {row["name"]: row["accumulator_bits"] for row in rows if row["accumulator_bits"] is not None}
    expected = {
        name.removesuffix(":accumulator"): bound.bit_length() + 1
        for name, bound in proof.widest.items()
        if name.endswith(":accumulator")
    }
    assert {name: bits for name, bits in found.items() if bits > 1} == {
        name: bits for name, bits in expected.items() if bits > 1
    }
    shapes = {name: list(domain.shape) for name, domain in proof.domains.items() if name != "input"}
    assert {row["name"]: row["shape"] for row in rows} == shapes


def test_a_program_that_is_called_deaf_gives_one_answer(tmp_path: Path):
    deaf = 0
    for seed in range(120):
        program, target = generate(seed)
        text = anything(target.accumulator_bits).replace("int8x16", target.name)
        verdict = judged(dumps(program), tmp_path, target=text)
        if not any(found.rule == "from-input" for found in verdict.failed):
            continue
        deaf += 1
        answers = {
            run(program, [codes], IntegerAccumulation())[0].tobytes()
            for codes in inputs(program.input, program.input.longest, seed)
        }
        assert len(answers) == 1, f"seed {seed}"
    assert deaf > 5


def test_both_refuse_the_same_mutants(root: Path, tmp_path: Path):
    """Changed files, sealed again: a change that the judge does not see, or one that it minds alone, would show."""
    text = (root / "src" / "earnest" / "targets" / "int8x16.toml").read_text()
    files = [(data, load_target("int8x16"), text) for data in SEEDS]
    for seed in RANDOM:
        program, target = generate(seed)
        files.append((dumps(program), target, anything(target.accumulator_bits).replace("int8x16", target.name)))
    accepted = tried = 0
    for seed in range(1200):
        rng = random.Random(seed)
        data, target, toml = rng.choice(files)
        try:
            mutant = (mutant_of_bytes if rng.random() < 0.1 else mutant_of_parts)(rng, data)
        except FileError:
            continue
        if is_doubled(mutant):
            continue
        tried += 1
        proof, against = proved(mutant, target), refused(mutant, toml, tmp_path)
        assert (proof is not None) == (against == set()), f"mutant {seed}: {against}"
        accepted += proof is not None
    assert tried // 10 < accepted < tried // 2, "the mutants tell nothing"
