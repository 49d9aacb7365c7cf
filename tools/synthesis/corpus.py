"""Every utterance of a corpus: planned from the specification alone, and made in any order by any number of processes.

What an utterance sounds like depends on the seed, the split and its number there, and on nothing that was made before.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import soundfile

from earnest.errors import DataError
from earnest.speech.librispeech import read_split
from earnest.training.data.acoustics import draw, simulate_acoustics
from earnest.training.specification import Acoustics
from synthesis.sentences import Sentence, frequent, kept_out, passages, shared_out
from synthesis.specification import Corpus
from synthesis.voice import spoken

RATE = 16_000
FIRST_SPEAKER = {"known": 9001, "unseen": 9101}
"""Numbers that no speaker of LibriSpeech has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An utterance that is still to be made; `seed` makes all that is drawn."""

    path: Path
    sentence: Sentence
    voice: str
    words_per_minute: int
    pitch: int
    seed: tuple[int, ...]

    @property
    def line(self) -> str:
        """The line of its transcript."""
        return f"{self.path.stem} {self.sentence.words}\n"


def plan(corpus: Corpus, root: Path) -> dict[str, list[Planned]]:
    """The utterances of every split. DataError where the text has fewer held-out sentences than the splits ask for."""
    train, held_out = shared_out(_readable(corpus), corpus.sentences.held_out, corpus.seed)
    needed = sum(split.utterances for split in corpus.split if split.sentences == "held-out")
    if needed > len(held_out) or not train:
        raise DataError(
            f"expected {needed} held-out sentences and one to train on, got {len(held_out)} and {len(train)}: "
            "take more text, a larger vocabulary, another share to hold out, or fewer utterances"
        )
    unread = {"train": cycle(train), "held-out": iter(held_out)}
    return {
        split.name: [
            _utterance(corpus, root, index, number, sentence)
            for number, sentence in enumerate(islice(unread[split.sentences], split.utterances))
        ]
        for index, split in enumerate(corpus.split)
    }


def _readable(corpus: Corpus) -> list[Sentence]:
    """The sentences of the text that may be read."""
    asked = corpus.sentences
    found: list[Sentence] = []
    for book, file in enumerate(corpus.text, start=1):
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{file}: expected a text in UTF-8: {getattr(error, 'strerror', None) or error}") from error
        found += passages(text, least=asked.least_words, most=asked.most_words, book=book)
    transcripts = [one.text or "" for folder in corpus.keep_out for one in read_split(folder, transcripts="required")]
    return kept_out(frequent(found, asked.vocabulary), transcripts)


def _utterance(corpus: Corpus, root: Path, split_index: int, number: int, sentence: Sentence) -> Planned:
    split = corpus.split[split_index]
    voices = corpus.voices.known if split.voices == "known" else corpus.voices.unseen
    speaker = number % len(voices)
    seed = (corpus.seed, split_index, number)
    generator = np.random.default_rng([*seed, 0])
    folders = f"{FIRST_SPEAKER[split.voices] + speaker}", f"{sentence.book}"
    name = f"{folders[0]}-{folders[1]}-{split_index}{number:05d}"  # no id stands in two splits
    return Planned(
        path=root / split.name / folders[0] / folders[1] / f"{name}.{split.format}",
        sentence=sentence,
        voice=voices[speaker],
        words_per_minute=round(draw(corpus.prosody.words_per_minute, generator)),
        pitch=round(draw(corpus.prosody.pitch, generator)),
        seed=(*seed, 1),
    )


def write_transcripts(planned: Iterable[Planned]) -> None:
    """The words of every chapter, beside where its recordings will be."""
    chapters: dict[Path, list[str]] = {}
    for one in planned:
        chapters.setdefault(one.path.parent, []).append(one.line)
    for folder, lines in chapters.items():
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{folder.parent.name}-{folder.name}.trans.txt"
        file.write_text("".join(lines), encoding="utf-8")


def write_recording(planned: Planned, acoustics: Acoustics) -> None:
    """Make one recording, whole or not at all; one that is there stays as it is."""
    if planned.path.exists():
        return
    reading = {"words_per_minute": planned.words_per_minute, "pitch": planned.pitch}
    dry = spoken(planned.sentence.spoken, planned.voice, **reading, rate=RATE)
    samples = simulate_acoustics(dry, RATE, acoustics, np.random.default_rng(planned.seed))
    part = planned.path.with_name(f".{os.getpid()}{planned.path.suffix}")
    soundfile.write(part, samples, RATE)
    part.replace(planned.path)


def write_recordings(
    planned: Sequence[Planned], acoustics: Acoustics, jobs: int, done: Callable[[int], None] | None = None
) -> None:
    """Make all of them in `jobs` processes; `done` is told how many there are so far."""
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(write_recording, planned, [acoustics] * len(planned), chunksize=32)
        for count, _ in enumerate(results, start=1):
            if done is not None:
                done(count)
