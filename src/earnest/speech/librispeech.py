"""Corpora in LibriSpeech's layout [Panayotov et al. 2015, ICASSP, "Librispeech: an ASR corpus ..."]:

    SPLIT/SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac   (or .wav, .mp3, .ogg)
    SPLIT/SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt     a line "SPEAKER-CHAPTER-NUMBER THE WORDS" per recording

Whatever breaks the layout is an error that names it: an utterance is never dropped in silence.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from earnest.errors import DataError

AUDIO_SUFFIXES = (".flac", ".wav", ".mp3", ".ogg")

_LAYOUT = "expected SPLIT/SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac (or .wav, .mp3, .ogg), LibriSpeech's layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One recording; `text` is its transcript as written, or None where transcripts were not read."""

    id: str
    path: Path
    text: str | None
    speaker: str
    chapter: str


def read_split(folder: str | os.PathLike[str], *, transcripts: Literal["required", "absent"]) -> list[Utterance]:
    """All utterances of a split, in the order of their ids.

    `transcripts="required"`: every recording has its words, every line of words its recording. `"absent"`: recordings
    alone, for calibration; a transcript that is there all the same is not read. The audio itself is not opened.
    DataError names what it is about: no such folder, an empty folder, a file or folder that does not belong to the
    layout, an id that is there twice or not of its folder, a line that is malformed, not UTF-8 or without a recording,
    a recording without a line.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(f"{root}: {'not a folder' if root.exists() else 'no such folder'}; {_LAYOUT}")
    utterances = [
        utterance
        for speaker in _folders(root)
        for chapter in _folders(speaker)
        for utterance in _read_chapter(chapter, transcripts=transcripts)
    ]
    return sorted(utterances, key=lambda utterance: utterance.id)


def select(utterances: Sequence[Utterance], limit: int, seed: int = 0) -> list[Utterance]:
    """`limit` utterances spread by the SHA-256 of their ids (the smallest), in the order of ids; all if no more.

    The choice of a smaller limit is part of the choice of a larger one; another seed stands before the ids and makes
    another choice. DataError: a limit below 1.
    """
    if limit < 1:
        raise DataError(f"expected a limit of at least 1 utterance, got {limit}")
    before = f"{seed}:" if seed else ""

    def place(utterance: Utterance) -> tuple[bytes, str]:
        return hashlib.sha256(f"{before}{utterance.id}".encode()).digest(), utterance.id

    spread = sorted(utterances, key=place)
    return sorted(spread[:limit], key=lambda utterance: utterance.id)


def data_sha256(utterances: Iterable[Utterance]) -> str:
    """The SHA-256 (hex) of the data: id, SHA-256 of the file's bytes, and text of each utterance in the order of ids.

    DataError: a recording that cannot be read.
    """
    digest = hashlib.sha256()
    for utterance in sorted(utterances, key=lambda utterance: utterance.id):
        try:
            with utterance.path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"{utterance.path}: cannot be read: {error.strerror}") from error
        digest.update(json.dumps([utterance.id, content, utterance.text]).encode() + b"\n")
    return digest.hexdigest()


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, in the order of names; hidden files (`.DS_Store`) are not part of a corpus."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror}") from error
    if not entries:
        raise DataError(f"{folder}: the folder is empty; {_LAYOUT}")
    return entries


def _folders(folder: Path) -> list[Path]:
    entries = _entries(folder)
    for entry in entries:
        if not entry.is_dir():
            raise DataError(f"{entry}: expected a folder, got a file; {_LAYOUT}")
    return entries


def _read_chapter(folder: Path, *, transcripts: Literal["required", "absent"]) -> list[Utterance]:
    speaker, chapter = folder.parent.name, folder.name
    prefix = f"{speaker}-{chapter}"
    lines_file = folder / f"{prefix}.trans.txt"
    recordings: dict[str, Path] = {}
    for entry in _entries(folder):
        if entry == lines_file and entry.is_file():
            continue
        if entry.suffix.lower() not in AUDIO_SUFFIXES or not entry.is_file():
            raise DataError(f"{entry}: does not belong there; {_LAYOUT} and {lines_file.name}")
        if not entry.stem.startswith(f"{prefix}-"):
            raise DataError(f"{entry}: expected a name that begins with {prefix}-, as its folders say")
        if entry.stem in recordings:
            raise DataError(f"{entry}: utterance {entry.stem} is there twice, also as {recordings[entry.stem].name}")
        recordings[entry.stem] = entry
    if not recordings:
        raise DataError(f"{folder}: no recording in it; {_LAYOUT}")
    texts = _read_transcripts(lines_file, recordings) if transcripts == "required" else dict.fromkeys(recordings)
    return [
        Utterance(id=name, path=path, text=texts[name], speaker=speaker, chapter=chapter)
        for name, path in recordings.items()
    ]


def _read_transcripts(file: Path, recordings: dict[str, Path]) -> dict[str, str]:
    """The words of every recording of a chapter, one to one."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: the transcripts of {file.parent} are needed: {error.strerror}") from error
    texts: dict[str, str] = {}
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if not raw.strip():
            continue
        where = f"{file}, line {number}"
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{where}: byte {error.start} is not UTF-8") from error
        name, *words = line.split(maxsplit=1)
        if not words:
            raise DataError(f'{where}: expected "ID THE WORDS", got {line[:60]!a}')
        if name in texts:
            raise DataError(f"{where}: utterance {name} is there twice")
        if name not in recordings:
            raise DataError(f"{where}: no recording {name} in {file.parent}")
        texts[name] = words[0].strip()
    for name, path in recordings.items():
        if name not in texts:
            raise DataError(f"{path}: no transcript; expected a line {name} in {file}")
    return texts
