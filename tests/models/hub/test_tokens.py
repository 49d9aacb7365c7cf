"""Tokens out of a tokenizer's files: the texts are those of the tokenizers of `transformers`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hub_folders
from earnest.errors import CheckpointError
from earnest.models.hub.files import TOKENIZER, TOKENIZER_CONFIG, VOCABULARY
from earnest.models.hub.tokens import vocabulary_from
from earnest.runtime.vocabulary import BYTE_LEVEL, SENTENCEPIECE

pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")

MAKERS = {
    "whisper": (lambda _: hub_folders.byte_level_tokenizer(), BYTE_LEVEL),
    "moonshine": (lambda _: hub_folders.byte_fallback_tokenizer(), SENTENCEPIECE),
    "speech2text": (hub_folders.sentencepiece_tokenizer, SENTENCEPIECE),
}


@pytest.fixture(scope="module", params=MAKERS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, str]:
    """A tokenizer, the folder that it was saved in, and its coding."""
    make, coding = MAKERS[request.param]
    tokenizer, folder = make(tmp_path_factory.mktemp("sources")), tmp_path_factory.mktemp(request.param)
    tokenizer.save_pretrained(folder)
    return tokenizer, folder, coding


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The files of Whisper's tokenizer, to break."""
    hub_folders.byte_level_tokenizer().save_pretrained(tmp_path)
    return tmp_path


def one_line(text: str) -> str:
    """Single spaces and no control characters, as texts are here."""
    joined = " ".join(text.split())
    return "".join("\ufffd" if ord(each) < 32 or 127 <= ord(each) < 160 else each for each in joined)


def test_texts_are_those_of_the_tokenizer(made: tuple[Any, Path, str]) -> None:
    """Random tokens, special ones, marks of time and bytes that are no text among them."""
    tokenizer, folder, coding = made
    classes, generator = len(tokenizer), np.random.default_rng(0)
    vocabulary = vocabulary_from(folder, classes)
    assert vocabulary.coding == coding
    replaced = spaces = 0
    for length in (*range(1, 20), *range(20, 400, 8)):
        ids = generator.integers(0, classes, length).tolist()
        expected = one_line(tokenizer.decode(ids, skip_special_tokens=True))
        assert vocabulary.decode(ids) == expected
        replaced, spaces = replaced + expected.count("\ufffd"), spaces + expected.count(" ")
    assert spaces > 20
    assert (replaced > 100) == (tokenizer.__class__.__name__ != "Speech2TextTokenizer")


def test_bytes_are_those_of_the_tokenizer() -> None:
    """All sequences of two bytes from the edges of UTF-8, and longer ones by chance."""
    tokenizer, generator = hub_folders.byte_level_tokenizer(), np.random.default_rng(1)
    edges = [0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF]
    runs = [(one, other) for one in edges for other in edges]
    runs += [tuple(generator.choice(edges, 5)) for _ in range(500)]
    from earnest.runtime.vocabulary import byte_characters

    vocabulary = _saved(tokenizer)
    characters = {byte: character for character, byte in byte_characters().items()}
    for run in runs:
        ids = tokenizer.convert_tokens_to_ids([characters[int(byte)] for byte in run])
        assert vocabulary.decode(ids) == one_line(tokenizer.decode(ids, skip_special_tokens=True)), run


def _saved(tokenizer: Any) -> Any:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        return vocabulary_from(Path(folder), len(tokenizer))


def test_classes_without_a_token_have_no_text(copied: Path) -> None:
    count = len(hub_folders.byte_level_tokenizer())
    vocabulary = vocabulary_from(copied, count + 3)
    assert vocabulary.pieces[-3:] == ("",) * 3
    assert vocabulary.special[-3:] == (count, count + 1, count + 2)
    assert vocabulary.decode([count, 70, count + 2]) == vocabulary.decode([70]) != ""


def changed(file: Path, **parts: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | parts))


def test_a_tokenizer_that_is_not_understood_is_refused(copied: Path) -> None:
    file = copied / TOKENIZER
    changed(file, decoder={"type": "WordPiece"})
    with pytest.raises(CheckpointError, match=r"expected a decoder ByteLevel.*got WordPiece"):
        vocabulary_from(copied, 270)
    changed(file, decoder=None)
    with pytest.raises(CheckpointError, match="got none"):
        vocabulary_from(copied, 270)
    changed(file, decoder={"type": "ByteLevel"}, model={"vocab": 7})
    with pytest.raises(CheckpointError, match=r"expected model\.vocab"):
        vocabulary_from(copied, 270)
    changed(file, model={"vocab": {"a": "0"}}, added_tokens=[])
    with pytest.raises(CheckpointError, match="expected a token for each of 270 classes, got none"):
        vocabulary_from(copied, 270)
    changed(file, added_tokens=[7])
    with pytest.raises(CheckpointError, match="expected added_tokens"):
        vocabulary_from(copied, 270)
    changed(file, model={"vocab": {"a" * 300: 0}}, added_tokens=[])
    with pytest.raises(CheckpointError, match="expected piece 0 to be text of 256 characters"):
        vocabulary_from(copied, 270)


def test_a_folder_without_tokens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"tokenizer_config\.json: expected a JSON object"):
        vocabulary_from(tmp_path, 5)
    (tmp_path / TOKENIZER_CONFIG).write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    (tmp_path / VOCABULARY).write_text('{"a": 0}')
    with pytest.raises(CheckpointError, match=r"expected tokenizer\.json, got no such file"):
        vocabulary_from(tmp_path, 5)
