"""Features are those of the front end, to the last bit, computed once, and computed anew where something changed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earnest.errors import AudioError, TrainingError
from earnest.runtime.audio import read_audio
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.speech.librispeech import Utterance, read_split
from earnest.training.data.features import cached_features, pad
from synthetic import write_corpus


@pytest.fixture
def utterances(tmp_path: Path) -> list[Utterance]:
    write_corpus(tmp_path / "humming")
    return read_split(tmp_path / "humming", transcripts="required")


def test_they_are_those_of_the_front_end(utterances: list[Utterance], tmp_path: Path) -> None:
    features = cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features")
    assert features.utterances == tuple(utterances)
    for index, utterance in enumerate(utterances):
        expected = NEMO_LOG_MEL(read_audio(utterance.path).samples)
        assert np.array_equal(features.of(index), expected)
        assert features.lengths[index] == len(expected)


def test_they_are_computed_once(utterances: list[Utterance], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    for _ in range(2):
        cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features", lambda *stage: told.append(stage))
    assert told == [("features", count, 6) for count in range(1, 7)]


def test_another_recording_or_order_makes_them_anew_and_other_words_do_not(
    utterances: list[Utterance], tmp_path: Path
) -> None:
    first = cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features")
    cached_features([replace(one, text="OTHER") for one in utterances], NEMO_LOG_MEL, tmp_path / "features")
    assert len(list((tmp_path / "features").glob("*.float32"))) == 1
    turned = cached_features(utterances[::-1], NEMO_LOG_MEL, tmp_path / "features")
    assert np.array_equal(turned.of(0), first.of(len(utterances) - 1))
    utterances[0].path.write_bytes(utterances[2].path.read_bytes())
    cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features")
    assert len(list((tmp_path / "features").glob("*.float32"))) == 3


def test_a_file_of_another_size_is_refused(utterances: list[Utterance], tmp_path: Path) -> None:
    cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features")
    kept = next((tmp_path / "features").glob("*.float32"))
    kept.write_bytes(kept.read_bytes()[:-320])
    with pytest.raises(TrainingError, match="remove it"):
        cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features")


def test_a_bad_recording_is_named(utterances: list[Utterance], tmp_path: Path) -> None:
    utterances[1].path.write_bytes(b"no audio")
    with pytest.raises(AudioError, match=utterances[1].path.name):
        cached_features(utterances, NEMO_LOG_MEL, tmp_path / "features")
    assert not list((tmp_path / "features").glob("*.json"))


def test_shorter_ones_go_on_with_their_last_frame() -> None:
    rows = [np.arange(6, dtype=np.float32).reshape(3, 2), np.ones((1, 2), dtype=np.float32)]
    assert pad(rows).tolist() == [[[0, 1], [2, 3], [4, 5]], [[1, 1], [1, 1], [1, 1]]]
