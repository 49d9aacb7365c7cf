"""Greedy search of a transducer: blanks, durations, the most tokens of a frame, the cap, ties, and hostile contents."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.integer.every_operator import CHANNELS, small_program
from tests.integer.small_decoder import CLASSES, MOST_TOKENS, small_decoder
from tests.integer.small_transducer import DURATIONS, small_transducer

from earnest.errors import FileError, ProgramError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.program.program import run
from earnest.runtime.decoding.catalogue import decoding_of
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import DECODING
from earnest.runtime.decoding.transducer import Transducer
from earnest.runtime.decoding.transduction import Lattice, Transduction, transduced, transduced_logits
from earnest.runtime.reference import ReferenceBackend

BLANK = CLASSES - 1
PLAIN = Transduction(start=BLANK, blank=BLANK, durations=DURATIONS, most_of_a_frame=2, most_tokens=MOST_TOKENS)
WITHOUT = replace(PLAIN, durations=())


def audio(seed: int, time: int = 7) -> np.ndarray:
    """Codes of one utterance."""
    return np.random.default_rng(seed).integers(-128, 128, (1, time, CHANNELS)).astype(np.int8)


def by_the_whole(codes: np.ndarray, rules: Transduction) -> list[tuple[int, int, int]]:
    """Frame, token and frames to go on of every choice, the whole program run anew for each, as the papers tell it."""
    tokens, frame, here, choices = [rules.start], 0, 0, list[tuple[int, int, int]]()
    while frame < codes.shape[1] and len(tokens) < rules.most_tokens:
        (logits,) = run(small_transducer(), [codes, np.asarray([tokens], dtype=np.uint16)], IntegerAccumulation())
        row = logits[0, frame, -1].tolist()
        count = len(row) - len(rules.durations)
        token = max(range(count), key=lambda k: (row[k], -k))
        forward = 1 if token == rules.blank else 0
        if rules.durations:
            found = rules.durations[max(range(len(rules.durations)), key=lambda k: (row[count + k], -k))]
            forward = max(found, forward)
        choices.append((frame, token, forward))
        if token != rules.blank:
            tokens, here = [*tokens, token], here + 1
        if forward or here == rules.most_of_a_frame:
            frame, here = frame + max(forward, 1), 0
    return choices


@pytest.fixture(scope="module", params=["reference", "native"])
def transducer(request: pytest.FixtureRequest) -> Transducer:
    """The small transducer on a backend."""
    return (
        Transducer(small_transducer(), ReferenceBackend)
        if request.param == "reference"
        else Transducer(small_transducer())
    )


@pytest.mark.parametrize("seed", range(6))
def test_choices_are_those_of_the_whole_program(transducer: Transducer, seed: int):
    codes = audio(seed, 3 + 2 * seed)
    expected = by_the_whole(codes, PLAIN)
    rows = transduced_logits(transducer.encode(codes), PLAIN)
    assert [PLAIN.choice(row) for row in rows] == [(token, forward) for _, token, forward in expected]
    found = transduced(rows, PLAIN)
    assert found.tokens == tuple(token for _, token, _ in expected if token != BLANK)
    given = np.asarray([[PLAIN.start, *found.tokens]], dtype=np.uint16)
    (whole,) = run(small_transducer(), [codes, given], IntegerAccumulation())
    assert np.array_equal(transduced_logits(Lattice(logits=whole[0]), PLAIN), rows)


class Told:
    """Frames whose rows are given: for each frame those of its choices, the last of them again and again."""

    def __init__(self, rows: Sequence[Sequence[Sequence[int]]]) -> None:
        self.rows, self.visits, self.count = rows, [0] * len(rows), len(rows)

    def say(self, token: int, before: tuple[int, ...] | None) -> tuple[int, ...]:
        return (*(before or ()), token)

    def row(self, frame: int, said: tuple[int, ...]) -> np.ndarray:
        del said
        visit = min(self.visits[frame], len(self.rows[frame]) - 1)
        self.visits[frame] += 1
        return np.asarray(self.rows[frame][visit], dtype=np.int16)


RULES = Transduction(start=2, blank=2, durations=(), most_of_a_frame=3, most_tokens=9)
A, B, NOTHING = [9, 0, 0], [0, 9, 0], [0, 0, 9]


def tokens_of(rows: Sequence[Sequence[Sequence[int]]], rules: Transduction) -> tuple[Decoded, list[int]]:
    """The tokens, and how often each frame was looked at."""
    frames = Told(rows)
    return transduced(transduced_logits(frames, rules), rules), frames.visits


def test_a_token_stays_and_a_blank_goes_on():
    found, visits = tokens_of([[A, B, NOTHING], [NOTHING], [B, NOTHING]], RULES)
    assert (found, visits) == (Decoded(tokens=(0, 1, 1), truncated=False), [3, 1, 2])


def test_a_frame_has_no_more_tokens_than_allowed():
    found, visits = tokens_of([[A], [NOTHING], [B, NOTHING]], RULES)
    assert (found.tokens, visits) == ((0, 0, 0, 1), [3, 1, 2])


def test_as_many_tokens_as_allowed_are_cut_off():
    found, visits = tokens_of([[A]] * 9, replace(RULES, most_tokens=5))
    assert found == Decoded(tokens=(0, 0, 0, 0), truncated=True)
    assert visits[2:] == [0] * 7


def test_durations_go_on_so_many_frames_and_behind_a_blank_at_least_one():
    timed = replace(RULES, durations=(0, 1, 3))
    rows = [
        [[*A, 9, 0, 0], [*B, 0, 9, 0]],  # a token that stays, one that goes on by one
        [[*NOTHING, 9, 0, 0]],  # a blank that would stay
        [[*A, 0, 0, 9]],  # three frames
        [[*B, 0, 9, 0]],
        [[*B, 0, 9, 0]],
        [[*B, 0, 0, 9]],
    ]
    found, visits = tokens_of(rows, timed)
    assert (found.tokens, visits) == ((0, 1, 0, 1), [2, 1, 1, 0, 0, 1])


def test_the_lowest_index_wins_a_tie():
    assert RULES.choice(np.asarray([5, 5, 5])) == (0, 0)
    assert replace(RULES, durations=(4, 2)).choice(np.asarray([0, 1, 1, 7, 7])) == (1, 4)


def test_a_token_that_is_none_is_refused(transducer: Transducer):
    with pytest.raises(ProgramError, match=rf"tokens: expected 0 \.\. {CLASSES - 1}, got {CLASSES}"):
        transducer.encode(audio(0)).say(CLASSES, None)


def described(**parts: Any) -> Transduction:
    told = PLAIN.declared() | parts
    found = decoding_of(replace(small_transducer(), description={DECODING: told}))
    assert isinstance(found, Transduction)
    return found


def test_a_description_goes_there_and_back():
    assert described() == PLAIN
    assert described(durations=[]) == WITHOUT


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"blank": CLASSES}, rf"blank: expected 0 \.\. {CLASSES - 1}, got {CLASSES}"),
        ({"start": -1}, "start: expected 0"),
        ({"start": True}, "start: expected 0"),
        ({"durations": [0, 1.5]}, r"durations\[1\]: expected 0 \.\. 1024, got 1\.5"),
        ({"durations": [0, -1]}, r"durations\[1\]"),
        ({"durations": [1] * 17}, r"durations: expected 0 \.\. 16, got 17"),
        ({"durations": "01"}, "expected \\['blank'"),
        ({"most_of_a_frame": 0}, "most_of_a_frame: expected 1"),
        ({"most_tokens": 1}, "most_tokens: expected 2"),
        ({"most_tokens": MOST_TOKENS + 1}, rf"most_tokens: expected 2 \.\. {MOST_TOKENS}"),
        ({"more": 1}, "expected \\['blank'"),
    ],
)
def test_hostile_contents_are_refused(parts: dict[str, Any], message: str):
    with pytest.raises(FileError, match=message):
        described(**parts)


def test_a_decoder_is_no_transducer():
    with pytest.raises(ProgramError, match=r"audio\.scores: matmul: may look at several frames"):
        Transducer(small_decoder())


def test_a_program_without_tokens_is_none():
    with pytest.raises(FileError, match="expected a program that reads tokens"):
        Transduction.of(PLAIN.declared(), small_program())
