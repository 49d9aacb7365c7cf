"""The data of a training run: features and pieces of everything to train on, and the corpora to validate on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from earnest.errors import TrainingError
from earnest.methods.ctc import frames_needed
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.runtime.text import Tokens
from earnest.speech.librispeech import Utterance, read_split
from earnest.speech.normalisation import normalise
from earnest.training.data.batches import endless
from earnest.training.data.features import Features, Progress, cached_features
from earnest.training.data.hypotheses import with_hypotheses
from earnest.training.data.pieces import Encoder, learn_pieces
from earnest.training.specification import Hypotheses, Training

SUBSAMPLING = 4
FRAMES_PER_SECOND = NEMO_LOG_MEL.sample_rate // NEMO_LOG_MEL.hop


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`targets` are the pieces of each utterance of `train`; `indices` those that can be trained on: an utterance that
    has more pieces than frames to spell them has no alignment, and is left out, as is one whose hypothesis is empty
    or has letters that no piece has.
    """

    tokens: Tokens
    train: Features
    targets: list[list[int]]
    indices: list[int]
    validation: dict[str, Features]

    def batches(self, training: Training) -> Iterator[list[int]]:
        """The utterances of every step, from the first one on, as numbers."""
        lengths = self.train.lengths
        chosen = training.batches
        most, short = (int(seconds * FRAMES_PER_SECOND) for seconds in (chosen.seconds, chosen.short_seconds))
        usable = [lengths[index] for index in self.indices]
        for batch in endless(usable, most, training.seed, short=short, short_steps=chosen.short_steps):
            yield [self.indices[index] for index in batch]


def material(
    training: Training, folder: Path, progress: Progress | None = None, *, tokens: Tokens | None = None
) -> Material:
    """Read the corpora, learn the pieces where there are none yet, compute the features that `folder` does not have."""
    transcribed, recorded = list(_transcribed(training.data.train)), _recorded(training.hypotheses, folder, progress)
    texts, hypotheses = ([normalise(utterance.text or "") for utterance in part] for part in (transcribed, recorded))
    tokens = tokens or learn_pieces(texts, training.model.classes)
    train = cached_features([*transcribed, *recorded], NEMO_LOG_MEL, folder, progress)
    encode = Encoder(tokens)
    spelt = [text if encode.spells(text) else "" for text in hypotheses]
    if hypotheses and not any(spelt):
        letters = "".join(sorted(encode.letters))
        raise TrainingError(
            f"hypotheses.teacher: expected words spelt with {letters}, got e.g. {max(hypotheses)[:60]!r}"
        )
    targets = [encode(text) for text in (*texts, *spelt)]
    pairs = enumerate(zip(targets, train.lengths, strict=True))
    indices = [index for index, (ids, frames) in pairs if ids and frames_needed(ids) <= -(-frames // SUBSAMPLING)]
    if not indices:
        raise TrainingError(f"{', '.join(training.data.train)}: expected speech slow enough to be spelt, got none")
    validation = {place: read_split(place, transcripts="required") for place in training.data.validation}
    return Material(
        tokens=tokens,
        train=train,
        targets=targets,
        indices=indices,
        validation={
            place: cached_features(spoken, NEMO_LOG_MEL, folder, progress) for place, spoken in validation.items()
        },
    )


def _transcribed(places: Sequence[str]) -> Iterator[Utterance]:
    for place in places:
        for utterance in read_split(place, transcripts="required"):
            if not normalise(utterance.text or ""):
                raise TrainingError(f"{utterance.path}: expected words to train on, got none")
            yield utterance


def _recorded(asked: Hypotheses | None, folder: Path, progress: Progress | None) -> list[Utterance]:
    if asked is None:
        return []
    utterances = [one for place in asked.data for one in read_split(place, transcripts="absent")]
    return with_hypotheses(utterances, asked.teacher, folder, progress)
