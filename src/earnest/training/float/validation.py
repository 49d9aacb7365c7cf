"""Word errors of a float model on features, greedy CTC, one utterance at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from earnest.models import FloatModel
from earnest.runtime.decoding.ctc import ctc_greedy
from earnest.runtime.decoding.greedy import argmax
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align, total
from earnest.training.data.features import Features
from earnest.training.loop import Counted


def count_word_errors(model: FloatModel, validation: Mapping[str, Features], result: str) -> Iterator[Counted]:
    """The word errors of a model that is written as `result`, on every corpus by its folder."""
    for place, features in validation.items():
        yield Counted(result, Path(place).name, len(features.utterances), word_errors(model, features))


@torch.no_grad()
def word_errors(model: FloatModel, features: Features) -> WordErrors:
    """The errors of all utterances together; the model is in evaluation mode."""
    return total(
        align(words(utterance.text or ""), words(_hypothesis(model, features, index)))
        for index, utterance in enumerate(features.utterances)
    )


def _hypothesis(model: FloatModel, features: Features, index: int) -> str:
    logits = model.module(torch.from_numpy(features.of(index))[None])[0]
    return model.tokens.decode(ctc_greedy(argmax(logits.numpy()), blank=model.ctc_tokens.blank))
