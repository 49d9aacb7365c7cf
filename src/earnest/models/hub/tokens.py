"""The tokens of a tokenizer of `transformers`, as far as text is made of them: its pieces, their coding, and which are
special. Read from `tokenizer.json`, or from `vocab.json` where a tokenizer has no other.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from earnest.errors import CheckpointError, FileError
from earnest.models.hub.files import TOKENIZER, TOKENIZER_CONFIG, VOCABULARY, read_json, token_text
from earnest.runtime.text import UNKNOWN, WORD_START, Tokens
from earnest.runtime.vocabulary import BYTE_LEVEL, SENTENCEPIECE, Vocabulary

SPEECH2TEXT, SENTENCEPIECE_MODEL = "Speech2TextTokenizer", "sentencepiece.bpe.model"
_NAMED = ("bos_token", "eos_token", "unk_token", "pad_token")
_LISTED = ("additional_special_tokens", "extra_special_tokens")
_LLAMA = ("Replace", "ByteFallback", "Fuse", "Strip")
_METASPACE = ("Metaspace",)


def vocabulary_from(folder: Path, classes: int) -> Vocabulary:
    """The vocabulary of a decoder of so many classes; a class without a token has no text.

    CheckpointError: no tokenizer, or one whose pieces are neither bytes nor SentencePiece's.
    """
    file, upper = folder / TOKENIZER, False
    if file.is_file():
        tokenizer = read_json(file)
        coding, pieces, special = _coding(file, tokenizer), _pieces(file, tokenizer), _special(file, tokenizer)
    else:
        file = folder / VOCABULARY
        settings = read_json(folder / TOKENIZER_CONFIG)
        if settings.get("tokenizer_class", SPEECH2TEXT) != SPEECH2TEXT or not (folder / SENTENCEPIECE_MODEL).is_file():
            raise CheckpointError(
                f"{folder}: expected {TOKENIZER}, got no such file: save the tokenizer with save_pretrained of "
                "transformers 5"
            )
        coding, pieces, special = SENTENCEPIECE, read_json(file), _special_by_name(settings)
        upper = settings.get("do_upper_case") is True
    by_index = _by_index(file, pieces, classes)
    silent = [index for index in range(classes) if index not in by_index or by_index[index] in special]
    written = {index: piece.upper() if upper else piece for index, piece in by_index.items()}
    try:
        return Vocabulary(
            coding=coding,
            pieces=tuple(written.get(index, "") for index in range(classes)),
            special=tuple(silent),
        )
    except FileError as error:
        raise CheckpointError(f"{file}: {error}") from error


def ctc_tokens_from(folder: Path, order: Sequence[int]) -> Tokens:
    """The tokens of a CTC model in the order of its classes; the one that stands between words is a word's mark."""
    file, settings = folder / VOCABULARY, read_json(folder / TOKENIZER_CONFIG)
    if not file.is_file() and (folder / TOKENIZER).is_file():
        file = folder / TOKENIZER
        pieces = _pieces(file, read_json(file))
    else:
        pieces = read_json(file)
    by_index = _by_index(file, pieces, len(order))
    if missing := [index for index in order if index not in by_index]:
        raise CheckpointError(f"{file}: expected a token for each of {len(order)} classes, none for {missing}")
    marks = {
        token_text(settings.get("word_delimiter_token", "|")): WORD_START,
        token_text(settings.get("unk_token", "<unk>")): UNKNOWN,
    }
    try:
        return Tokens(pieces=tuple(marks.get(by_index[index], by_index[index]) for index in order))
    except FileError as error:
        raise CheckpointError(f"{file}: {error}") from error


def _by_index(file: Path, pieces: Mapping[str, Any], classes: int) -> dict[int, str]:
    """Pieces by id, those that are no class left out."""
    found = {index: piece for piece, index in pieces.items() if type(index) is int and 0 <= index < classes}
    if not found:
        raise CheckpointError(f"{file}: expected a token for each of {classes} classes, got none")
    return found


def _pieces(file: Path, tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    """Ids by piece: of the model, an object or a list of pieces with their scores, and of the tokens added to it."""
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, Mapping) else None
    if isinstance(vocabulary, list) and all(isinstance(pair, list) and pair for pair in vocabulary):
        vocabulary = {str(pair[0]): index for index, pair in enumerate(vocabulary)}
    if not isinstance(vocabulary, dict):
        raise CheckpointError(f"{file}: expected model.vocab, pieces with their ids, got {type(vocabulary).__name__}")
    return vocabulary | {str(token.get("content")): token.get("id") for token in _added(file, tokenizer)}


def _special(file: Path, tokenizer: Mapping[str, Any]) -> set[str]:
    return {str(token.get("content")) for token in _added(file, tokenizer) if token.get("special") is True}


def _added(file: Path, tokenizer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = tokenizer.get("added_tokens") or []
    if not isinstance(found, list) or not all(isinstance(token, Mapping) for token in found):
        raise CheckpointError(f"{file}: expected added_tokens, a list of objects, got {str(found)[:60]!r}")
    return found


def _coding(file: Path, tokenizer: Mapping[str, Any]) -> str:
    """What the decoder of the file is."""
    decoder = tokenizer.get("decoder")
    parts = decoder.get("decoders", [decoder]) if isinstance(decoder, Mapping) else []
    names = tuple(str(part.get("type")) for part in parts if isinstance(part, Mapping))
    if names == ("ByteLevel",):
        return BYTE_LEVEL
    replaced = [part for part in parts if isinstance(part, Mapping) and part.get("type") == "Replace"]
    marks = [(part.get("pattern"), part.get("content")) for part in replaced]
    if names == _METASPACE or (names == _LLAMA and marks == [({"String": WORD_START}, " ")]):
        return SENTENCEPIECE
    raise CheckpointError(
        f"{file}: expected a decoder ByteLevel, Metaspace or {' + '.join(_LLAMA)} of {WORD_START!r}, got "
        f"{' + '.join(names) or 'none'}: its text is not one that earnest can make"
    )


def _special_by_name(settings: Mapping[str, Any]) -> set[str]:
    found = {token_text(settings[name]) for name in _NAMED if settings.get(name) is not None}
    for name in _LISTED:
        listed = settings.get(name)
        found |= {token_text(token) for token in listed} if isinstance(listed, list) else set()
    return found
