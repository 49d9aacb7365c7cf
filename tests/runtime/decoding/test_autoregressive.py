"""Decoding of a small decoder: greedy and by beams, suppressed tokens, the end, the cap, ties, and hostile contents."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.integer.every_operator import CHANNELS, small_program
from tests.integer.small_decoder import CLASSES, MOST_TOKENS, small_decoder

from earnest.errors import FileError, ProgramError
from earnest.file import dumps, loads
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.program.program import run
from earnest.integer.sequence.log_probability import log_probabilities
from earnest.runtime.decoding.autoregressive import Autoregressive, beam_logits, beam_search
from earnest.runtime.decoding.catalogue import decoding_of
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoder import Decoder, State
from earnest.runtime.decoding.decoding import DECODING
from earnest.runtime.decoding.greedy import forced, greedy
from earnest.runtime.reference import ReferenceBackend

PLAIN = Autoregressive(
    start=(1, 4),
    end=(2,),
    suppressed=(),
    suppressed_first=(),
    most_tokens=MOST_TOKENS,
    multiplier=40000,
    shift=12,
)


def audio(seed: int, time: int = 7) -> np.ndarray:
    """Codes of one utterance."""
    return np.random.default_rng(seed).integers(-128, 128, (1, time, CHANNELS)).astype(np.int8)


def logits(codes: np.ndarray, tokens: Sequence[int]) -> np.ndarray:
    """Those behind the last token, by the whole program, nothing kept."""
    (made,) = run(small_decoder(), [codes, np.asarray([tokens], dtype=np.uint16)], IntegerAccumulation())
    return made[0, -1]


def greedy_anew(codes: np.ndarray, decoding: Autoregressive) -> Decoded:
    """The same choice with the whole program run again for every token."""
    chosen: list[int] = []
    while len(decoding.start) + len(chosen) < decoding.most_tokens:
        row = logits(codes, (*decoding.start, *chosen)).astype(np.int64)
        never = {*decoding.suppressed, *(() if chosen else decoding.suppressed_first)}
        chosen.append(max((int(x), -token) for token, x in enumerate(row) if token not in never)[1] * -1)
        if chosen[-1] in decoding.end:
            return Decoded(tokens=tuple(chosen), truncated=False)
    return Decoded(tokens=tuple(chosen), truncated=True)


@pytest.fixture(scope="module", params=["reference", "native"])
def decoder(request: pytest.FixtureRequest) -> Decoder:
    """The small decoder on a backend."""
    return Decoder(small_decoder(), ReferenceBackend) if request.param == "reference" else Decoder(small_decoder())


@pytest.mark.parametrize("seed", range(4))
def test_greedy_is_that_of_the_whole_program(decoder: Decoder, seed: int):
    codes = audio(seed, 2 + 5 * seed)
    plain = greedy(decoder, codes, PLAIN)
    assert plain == greedy_anew(codes, PLAIN)
    never = replace(PLAIN, suppressed=plain.tokens[1:2], suppressed_first=plain.tokens[:1])
    other = greedy(decoder, codes, never)
    assert other == greedy_anew(codes, never)
    assert other.tokens[0] != plain.tokens[0]
    assert not set(other.tokens) & set(never.suppressed)


def test_forced_logits_are_those_of_the_whole_program(decoder: Decoder):
    codes, tokens = audio(5), [1, 4, 9, 9, 0, CLASSES - 1]
    expected = [logits(codes, tokens[: count + 1]) for count in range(len(tokens))]
    assert np.array_equal(forced(decoder, codes, tokens), np.stack(expected))


def test_the_end_and_the_cap(decoder: Decoder):
    codes = audio(1)
    tokens = greedy(decoder, codes, replace(PLAIN, end=(CLASSES - 1,), suppressed=(CLASSES - 1,)))
    assert tokens.truncated
    assert len(tokens.tokens) == MOST_TOKENS - len(PLAIN.start)
    ended = greedy(decoder, codes, replace(PLAIN, end=tokens.tokens[3:4]))
    assert not ended.truncated
    assert ended.tokens == tokens.tokens[: tokens.tokens.index(tokens.tokens[3]) + 1]
    short = greedy(decoder, codes, replace(PLAIN, end=(CLASSES - 1,), suppressed=(CLASSES - 1,), most_tokens=5))
    assert (short.tokens, short.truncated) == (tokens.tokens[:3], True)


def test_one_beam_is_greedy(decoder: Decoder):
    for seed in range(4):
        assert beam_search(decoder, audio(seed), PLAIN, beams=1) == greedy(decoder, audio(seed), PLAIN)


def test_beams_that_hold_everything_find_the_best(decoder: Decoder):
    """Three tokens of four classes: all continuations, by the sum of their log-probabilities."""
    codes, allowed = audio(3), (3, 8, 11, 20)
    few = replace(
        PLAIN,
        suppressed=tuple(token for token in range(CLASSES) if token not in allowed),
        most_tokens=len(PLAIN.start) + 3,
    )
    scores = {}
    for tokens in product(allowed, repeat=3):
        given = (*PLAIN.start, *tokens)
        rows = [logits(codes, given[: len(PLAIN.start) + index]) for index in range(3)]
        made = [
            log_probabilities(row, few.multiplier, few.shift)[token] for row, token in zip(rows, tokens, strict=True)
        ]
        scores[tokens] = sum(map(int, made))
    highest = max(scores, key=lambda tokens: (scores[tokens], [-token for token in tokens]))
    assert beam_search(decoder, codes, few, beams=16) == Decoded(tokens=highest, truncated=True)


def test_logits_of_a_beam_are_those_behind_its_tokens(decoder: Decoder):
    for beams in (1, 3):
        found, rows = beam_logits(decoder, audio(6), PLAIN, beams=beams)
        given = (*PLAIN.start, *found.tokens[:-1])
        assert found == beam_search(decoder, audio(6), PLAIN, beams=beams)
        assert np.array_equal(rows, forced(decoder, audio(6), given)[len(PLAIN.start) - 1 :])


class Fixed:
    """A decoder that says the same of every token."""

    def __init__(self, row: Sequence[int]) -> None:
        self.row = np.asarray(row, dtype=np.int16)

    def begin(self, codes: np.ndarray, start: Sequence[int]) -> tuple[np.ndarray, State]:
        """The row."""
        del codes, start
        return self.row, State(encoded=(), kept=())

    def step(self, state: State, token: int) -> tuple[np.ndarray, State]:
        """The row."""
        del token
        return self.row, state


def test_a_hypothesis_ends_only_among_the_best_and_means_are_compared():
    """The end has the third place: two beams never take it, three do, and the longer of two with one mean is later."""
    fixed: Any = Fixed([10, 8, 6, -500, -500])
    ends = replace(PLAIN, end=(2,), most_tokens=5)
    assert beam_search(fixed, audio(0), ends, beams=2).truncated
    found = beam_search(fixed, audio(0), ends, beams=3)
    assert not found.truncated
    assert found.tokens[-1] == 2
    assert found.tokens[:-1] == (0,) * (len(found.tokens) - 1)


def test_ties_of_hypotheses_go_to_the_lowest_tokens():
    fixed: Any = Fixed([7, 7, -900, 7])
    never_ends = replace(PLAIN, end=(2,), suppressed=(2,), most_tokens=4)
    assert beam_search(fixed, audio(0), never_ends, beams=3).tokens == (0, 0)


def test_decoding_travels_with_the_program():
    program = replace(small_decoder(), description={DECODING: PLAIN.declared()})
    loaded = loads(dumps(program))
    assert decoding_of(loaded) == PLAIN
    assert greedy(Decoder(loaded), audio(2), decoding_of(loaded)) == greedy_anew(audio(2), PLAIN)


HOSTILE: dict[str, tuple[Any, str]] = {
    "nothing": (None, "expected a decoding 'autoregressive'"),
    "text": ("ctc-greedy", "expected a decoding 'autoregressive'"),
    "another name": (PLAIN.declared() | {"name": "beam"}, "expected a decoding 'autoregressive'"),
    "a key more": (PLAIN.declared() | {"temperature": 1}, "expected a decoding 'autoregressive'"),
    "a key less": ({"name": "autoregressive"}, "expected a decoding 'autoregressive'"),
    "no list": (PLAIN.declared() | {"start": 1}, "decoding: start: expected tokens 0 .. 29"),
    "a token beyond": (PLAIN.declared() | {"end": [CLASSES]}, "decoding: end: expected tokens 0 .. 29"),
    "a token below": (PLAIN.declared() | {"suppressed": [-1]}, "decoding: suppressed: expected tokens"),
    "a truth value": (PLAIN.declared() | {"end": [True]}, "decoding: end: expected tokens"),
    "too many": (PLAIN.declared() | {"suppressed": [1] * 99}, "decoding: suppressed: expected tokens"),
    "no beginning": (PLAIN.declared() | {"start": []}, "expected a beginning, and at most 12 tokens"),
    "nothing but a beginning": (PLAIN.declared() | {"most_tokens": 2}, "expected a beginning"),
    "more than proved": (PLAIN.declared() | {"most_tokens": 13}, "expected a beginning, and at most 12 tokens"),
    "a cap of text": (PLAIN.declared() | {"most_tokens": "12"}, "expected a beginning"),
    "a small multiplier": (PLAIN.declared() | {"multiplier": 5}, "expected a multiplier of the law"),
    "a large shift": (PLAIN.declared() | {"shift": 48}, "expected a multiplier of the law"),
    "a shift of text": (PLAIN.declared() | {"shift": "12"}, "expected a multiplier of the law"),
    "no end": (PLAIN.declared() | {"end": []}, "expected a token that ends it"),
    "nothing to choose": (PLAIN.declared() | {"suppressed": list(range(CLASSES))}, "some that may be chosen"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_decoding_gets_one_clear_error(name: str):
    data, message = HOSTILE[name]
    description = {} if data is None else {DECODING: data}
    with pytest.raises(FileError, match=message):
        decoding_of(replace(small_decoder(), description=description))


def test_a_program_without_tokens_has_no_decoding():
    with pytest.raises(FileError, match="expected a program that reads tokens, got one of 1 inputs"):
        Autoregressive.of(PLAIN.declared(), small_program())


@pytest.mark.parametrize("token", [-1, CLASSES])
def test_a_token_that_there_is_not_is_refused(decoder: Decoder, token: int):
    with pytest.raises(ProgramError, match=r"tokens: expected 0 \.\. 29, got"):
        decoder.step(decoder.encode(audio(0)), token)


def test_a_decoder_begins_with_something(decoder: Decoder):
    with pytest.raises(ProgramError, match="expected at least one to begin with"):
        decoder.begin(audio(0), ())
