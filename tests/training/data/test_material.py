"""The data of a run: pieces of its own transcripts, and nothing that has no alignment."""

from pathlib import Path

import pytest
from tests.training.tiny_training import write_training

from earnest.errors import TrainingError
from earnest.methods.ctc import frames_needed
from earnest.training.data.material import material
from earnest.training.specification import load_training


def test_targets_spell_the_words(tmp_path: Path) -> None:
    found = material(load_training(write_training(tmp_path)), tmp_path / "features")
    texts = [utterance.text for utterance in found.train.utterances]
    assert [found.tokens.decode(target) for target in found.targets] == texts
    assert len(found.tokens.pieces) == 32


def test_what_is_too_fast_to_be_spelt_is_left_out(tmp_path: Path) -> None:
    training = load_training(write_training(tmp_path))
    before = material(training, tmp_path / "features").indices
    assert 8 in before
    lines = tmp_path / "humming" / "102" / "202" / "102-202.trans.txt"
    lines.write_text(lines.read_text(encoding="utf-8").rstrip() + " OF" * 60 + "\n", encoding="utf-8")
    found = material(training, tmp_path / "features")
    assert found.indices == [index for index in before if index != 8]
    for index, target in enumerate(found.targets):
        assert (index in found.indices) == (frames_needed(target) <= -(-found.train.lengths[index] // 4))


def test_where_nothing_is_left_is_an_error(tmp_path: Path) -> None:
    file = write_training(tmp_path)
    for lines in (tmp_path / "humming").rglob("*.trans.txt"):
        lines.write_text(lines.read_text(encoding="utf-8").replace("\n", " OF" * 60 + "\n"), encoding="utf-8")
    with pytest.raises(TrainingError, match="slow enough"):
        material(load_training(file), tmp_path / "features")
