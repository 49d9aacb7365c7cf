"""What a corpus is made of, as a TOML file. docs/training.md says what every key means."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from earnest.errors import DataError
from earnest.file.settings import Part, Place, read_settings
from earnest.training.specification import Acoustics, Chance, Range

VoiceName = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\+[A-Za-z0-9]+)?$")]


class Sentences(Part):
    """Which sentences are read: how many words they have, all of them among the `vocabulary` most frequent words of the
    text, and which share of them is held out of training.
    """

    least_words: int = Field(ge=1)
    most_words: int = Field(ge=1, le=64)
    vocabulary: int = Field(ge=1)
    held_out: Chance


class Voices(Part):
    """Voices of espeak-ng, LANGUAGE or LANGUAGE+VARIANT; the `unseen` ones read nothing that is trained on."""

    known: list[VoiceName] = Field(min_length=1, max_length=99)
    unseen: list[VoiceName] = Field(min_length=1, max_length=99)

    @model_validator(mode="after")
    def _disjoint(self) -> "Voices":
        both = sorted(set(self.known) & set(self.unseen))
        if both:
            raise ValueError(f"expected no voice both known and unseen, got {both}")
        return self


class Prosody(Part):
    """How a voice reads: words per minute, and pitch as espeak-ng counts it, 0 to 99."""

    words_per_minute: Range
    pitch: Range


class Split(Part):
    """A folder of the corpus."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    utterances: int = Field(ge=1)
    sentences: Literal["train", "held-out"]
    voices: Literal["known", "unseen"]
    format: Literal["flac", "ogg"]


class Corpus(Part):
    """The whole file. Sentences that occur in a transcript of a `keep_out` folder are read in no split."""

    seed: int = Field(ge=0)
    text: list[Place] = Field(min_length=1)
    keep_out: list[Place]
    sentences: Sentences
    voices: Voices
    prosody: Prosody
    acoustics: Acoustics
    split: list[Split] = Field(min_length=1)


def load_corpus(path: str | Path) -> Corpus:
    """Read a corpus's file. DataError names the key that is wrong."""
    return read_settings(path, lambda _: Corpus, what="a corpus", page="docs/training.md", error=DataError)
