"""Ways of float recognition have the same methods: what is run, what is read, and what a program of it declares."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from earnest.errors import CaptureError, CheckpointError
from earnest.models.recognition.autoregressive import FloatAutoregressive
from earnest.models.recognition.ctc import FloatCTC
from earnest.models.recognition.recognition import FloatRecognition
from earnest.models.recognition.transducer import FloatTransducer
from earnest.runtime.decoding.ctc import CTC
from earnest.runtime.decoding.generation import Generation
from earnest.runtime.decoding.transduction import Transduction
from earnest.runtime.text import Tokens
from earnest.runtime.vocabulary import Vocabulary

GENERATION = Generation(start=(1, 5), end=(2,), suppressed=(), suppressed_first=(), most_tokens=6)
TRANSDUCTION = Transduction(start=3, blank=3, durations=(), most_of_a_frame=2, most_tokens=6)
READING: list[FloatRecognition] = [FloatAutoregressive(rules=GENERATION), FloatTransducer(rules=TRANSDUCTION)]
FRAMES = FloatCTC(rules=CTC(blank=3))
FEATURES = torch.eye(4)[[3, 1, 1, 3, 1, 0]][None]


def test_ctc_runs_the_module_once() -> None:
    assert FRAMES.tokens(nn.Identity(), FEATURES).tokens == (1, 1, 0)
    assert FRAMES.logits(nn.Identity(), FEATURES) is FEATURES
    assert FRAMES.taught(nn.Identity(), FEATURES) is FRAMES.beginning(FEATURES, 3) is FEATURES
    twin: Any = None
    assert (FRAMES.most_tokens, FRAMES.follows_beams, FRAMES.decoding(twin)) == (None, False, CTC(blank=3))


@pytest.mark.parametrize("recognition", READING)
def test_a_module_that_reads_no_tokens_is_refused(recognition: FloatRecognition) -> None:
    with pytest.raises(CheckpointError, match="got Identity"):
        recognition.tokens(nn.Identity(), FEATURES)
    twin: Any = SimpleNamespace(tokens=None)
    with pytest.raises(CaptureError, match="reads no tokens"):
        recognition.decoding(twin)


def test_what_is_read_before_the_first_choice() -> None:
    found = [recognition.beginning(FEATURES, 2)[1].tolist() for recognition in READING]
    assert found == [[[1, 5, 1, 5]], [[3, 3]]]
    assert [recognition.most_tokens for recognition in READING] == [6, 6]
    assert [recognition.follows_beams for recognition in READING] == [True, False]


def test_pieces_are_those_of_its_kind() -> None:
    pieces = ("a", "b", "c")
    assert FRAMES.plain(pieces) == Tokens(pieces=pieces)
    for recognition in READING:
        found = recognition.plain(pieces)
        assert isinstance(found, Vocabulary)
        assert (found.pieces, found.special) == (pieces, ())
