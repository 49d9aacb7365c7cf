"""CTC: runs of one class without blanks, and what a program file says of it."""

from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integer.every_operator import small_program
from tests.integer.small_decoder import small_decoder

from earnest.errors import EarnestError, FileError
from earnest.runtime.decoding.catalogue import DECODINGS, decoding_of
from earnest.runtime.decoding.ctc import CTC, ctc_greedy
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import DECODING, check_beams


def test_ctc_keeps_what_a_blank_parts() -> None:
    assert ctc_greedy([6, 1, 1, 6, 1, 3, 3, 6], blank=6) == [1, 1, 3]
    assert ctc_greedy([6, 6], blank=6) == []
    assert ctc_greedy(np.array([], dtype=np.int64), blank=6) == []
    assert all(type(token) is int for token in ctc_greedy(np.array([1, 2], dtype=np.int32), blank=6))


@given(st.lists(st.integers(0, 3), max_size=30))
def test_ctc_is_runs_without_blanks(ids: list[int]) -> None:
    assert ctc_greedy(ids, blank=3) == [token for token, _ in groupby(ids) if token != 3]


def test_ctc_takes_one_axis_of_integers() -> None:
    for ids in (np.zeros((2, 3), dtype=np.int64), np.zeros(3)):
        with pytest.raises(ValueError, match="one axis"):
            ctc_greedy(ids, blank=3)


def test_tokens_are_those_of_the_best_classes() -> None:
    logits = np.eye(4, dtype=np.int16)[[3, 1, 1, 3, 1, 0, 3]]
    assert CTC(blank=3).decoded(logits) == Decoded(tokens=(1, 1, 0), truncated=False)


def test_its_name_is_all_that_a_file_says_beside_the_tokens() -> None:
    program = replace(small_program(), description={DECODING: "ctc-greedy", "tokens": ["a", "b", "<blk>"]})
    assert decoding_of(program) == CTC(blank=2)
    assert CTC(blank=2).declared() == "ctc-greedy"
    assert (CTC(blank=2).label(1), CTC.reads_tokens, CTC.follows_beams) == ("ctc-greedy", False, False)


@pytest.mark.parametrize("data", [None, "greedy", ["ctc-greedy"], {"name": "ctc-greedy"}, {"name": "autoregressive"}])
def test_another_decoding_of_a_program_without_tokens_is_refused(data: Any) -> None:
    program = replace(small_program(), description={DECODING: data, "tokens": ["a", "<blk>"]})
    with pytest.raises(FileError, match="expected decoding 'ctc-greedy', got"):
        decoding_of(program)


def test_it_is_none_of_a_program_that_reads_tokens() -> None:
    with pytest.raises(FileError, match="expected a decoding 'autoregressive'"):
        decoding_of(replace(small_decoder(), description={DECODING: "ctc-greedy", "tokens": ["a", "<blk>"]}))


def test_the_whole_is_run_once_and_chooses_nothing() -> None:
    def run(codes: np.ndarray, tokens: tuple[int, ...]) -> np.ndarray:
        assert tokens == ()
        return codes + 1

    def chosen() -> tuple[int, ...]:
        raise AssertionError

    assert CTC(blank=3).at_once(run, np.zeros(3), chosen).tolist() == [1, 1, 1]


def test_ways_of_decoding_have_names_of_their_own() -> None:
    assert list(DECODINGS) == ["ctc-greedy", "autoregressive", "transducer"]


@pytest.mark.parametrize("kind", DECODINGS.values())
def test_only_a_decoder_follows_beams(kind: Any) -> None:
    check_beams(1, decodes=kind.follows_beams)
    with pytest.raises(EarnestError, match="at least 1"):
        check_beams(0, decodes=kind.follows_beams)
    if kind.name != "autoregressive":
        with pytest.raises(EarnestError, match="whose decoding is greedy"):
            check_beams(2, decodes=kind.follows_beams)
