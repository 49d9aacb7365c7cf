"""Token by token: the codes of the whole program, and one clear refusal where a token may depend on later ones."""

import dataclasses

import numpy as np
import pytest
from tests.integer.small_decoder import MOST_TIME, MOST_TOKENS, codes_of, small_decoder, softmax

from earnest.errors import FileError, ProgramError
from earnest.file import dumps
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.slice import Slice
from earnest.integer.program.program import Program, run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.integer.sequence.token_by_token import token_by_token
from earnest.runtime.decoding.decoder import nothing_kept

INT8X16 = load_target("int8x16")


def stepped(program: Program, audio: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Logits of every token, made one after the other."""
    two = token_by_token(program)
    made = run(two.once, [audio], IntegerAccumulation())
    kept = nothing_kept(two.step.inputs[1 + len(made) :])
    rows = []
    for at in range(tokens.shape[1]):
        logits, *kept = run(two.step, [tokens[:, at : at + 1], *made, *kept], IntegerAccumulation())
        rows.append(logits[:, 0])
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("time", [2, 7, MOST_TIME])
def test_codes_with_and_without_what_is_kept_are_the_same(time: int):
    program = small_decoder()
    audio, tokens = codes_of(time, MOST_TOKENS)
    (expected,) = run(program, [audio, tokens], IntegerAccumulation())
    assert np.array_equal(stepped(program, audio, tokens), expected)
    assert len(np.unique(expected)) > 100


def test_both_programs_are_proved_and_hold_each_weight_once():
    program = small_decoder()
    verify(program, INT8X16)
    two = token_by_token(program)
    for each in (two.once, two.step):
        verify(each, INT8X16)
    names = [step.name for step in (*two.once.steps, *two.step.steps)]
    assert len(names) == len(set(names))
    assert set(names) - {step.name for step in program.steps} == set(two.step.kept)
    own = {step.name: step.operator for step in program.steps}
    moved = {name for name, operator in own.items() if isinstance(operator, Slice)}
    for step in (*two.once.steps, *two.step.steps):
        assert step.name in {*moved, *two.step.kept} or step.operator is own[step.name]


def test_a_program_that_keeps_values_has_no_file():
    with pytest.raises(FileError, match="expected a program that keeps nothing"):
        dumps(token_by_token(small_decoder()).step)


def masked(name: str, *, hides: bool) -> Program:
    """The decoder with another mask at a softmax."""
    program = small_decoder()
    steps = [
        dataclasses.replace(step, operator=softmax(masked=hides)) if step.name == name else step
        for step in program.steps
    ]
    return dataclasses.replace(program, steps=tuple(steps))


def test_attention_to_later_tokens_is_refused():
    with pytest.raises(ProgramError, match=r"own\.softmax: softmax: goes over the tokens, so that"):
        token_by_token(masked("own.softmax", hides=False))
