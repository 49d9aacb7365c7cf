"""Where each step of a program that reads tokens belongs, and programs that cannot be taken apart."""

import dataclasses

import pytest
from tests.integer.every_operator import small_program
from tests.integer.small_decoder import MOST_TOKENS, small_decoder
from tests.integer.small_transducer import small_transducer

from earnest.errors import ProgramError
from earnest.integer.sequence.token_by_token import token_by_token


@pytest.mark.parametrize(("shortest", "longest"), [(1, 1), (2, MOST_TOKENS)])
def test_a_program_that_cannot_begin_with_one_token_is_refused(shortest: int, longest: int):
    program = small_decoder()
    reads = dataclasses.replace(program.inputs[1], shortest=shortest, longest=longest)
    with pytest.raises(ProgramError, match="expected a program that reads from one token on"):
        token_by_token(dataclasses.replace(program, inputs=(program.inputs[0], reads)))


def test_a_program_without_tokens_is_refused():
    with pytest.raises(ProgramError, match="expected a program that reads from one token on"):
        token_by_token(small_program())


def test_logits_for_every_frame_are_no_decoder_s():
    with pytest.raises(ProgramError, match=r"logits: expected logits \[1, tokens, classes\], got \(1, 2, 2, 33\)"):
        token_by_token(small_transducer())


def test_tokens_that_do_not_depend_on_the_audio_are_refused():
    program = small_decoder()
    deaf = [step for step in program.steps if not step.name.startswith("audio")]
    deaf[-1] = dataclasses.replace(deaf[-1], inputs=("own.sum",))
    with pytest.raises(ProgramError, match="expected tokens that depend on the audio"):
        token_by_token(dataclasses.replace(program, steps=tuple(deaf)))
