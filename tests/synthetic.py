"""A small world to evaluate in: a random model, synthetic recordings in LibriSpeech's layout, and a program."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyWorld:
    """Where its parts lie; what is written is for reading only."""

    model: Path
    data: Path
    program: Path


def build(folder: Path) -> TinyWorld:
    """Write all of it into a folder."""
    from earnest.file import save
    from earnest.models import save as save_model
    from earnest.models.conformer.config import ConformerConfig
    from earnest.models.hub.random_weights import random_model
    from earnest.pipeline import quantize
    from earnest.speech import librispeech

    world = TinyWorld(model=folder / "tiny-model", data=folder / "synthetic", program=folder / "tiny.earnest")
    config = ConformerConfig(width=16, layers=1, heads=2, feed_forward=24, kernel=5, channels=4, classes=28)
    model = random_model(7, config)
    save_model(model, world.model)
    write_corpus(world.data)
    paths = [utterance.path for utterance in librispeech.read_split(world.data, transcripts="absent")]
    quantized = quantize(model, "w8a8", "int8x16", paths, name="tiny-model", longest=1000)
    save(quantized.program, world.program)
    return world


def write_corpus(folder: Path, chapters: int = 2, each: int = 3, suffixes: tuple[str, ...] = (".flac", ".wav")) -> None:
    """Chapters of recordings that hum and hiss, and words that nobody spoke."""
    for chapter in range(chapters):
        place = folder / str(100 + chapter) / str(200 + chapter)
        place.mkdir(parents=True)
        lines = []
        for number in range(each):
            name = f"{100 + chapter}-{200 + chapter}-{number:04d}"
            seconds = 0.5 + 0.13 * (3 * chapter + number)
            soundfile.write(place / f"{name}{suffixes[number % len(suffixes)]}", tone(chapter + number, seconds), RATE)
            lines.append(f"{name} THE WORDS {'OF ' * (number + 1)}NOBODY\n")
        (place / f"{100 + chapter}-{200 + chapter}.trans.txt").write_text("".join(lines))


def tone(seed: int, seconds: float, rate: int = RATE) -> np.ndarray:
    """A gliding tone in noise."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    glide = np.sin(2 * np.pi * (200 + 300 * seed + 900 * time) * time)
    return (0.3 * glide + 0.05 * generator.standard_normal(len(time))).astype(np.float32)
