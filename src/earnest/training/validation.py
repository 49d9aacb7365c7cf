"""Word errors of a float model on features, greedy CTC, one utterance at a time."""

import torch

from earnest.models import FloatModel
from earnest.runtime.text import argmax, ctc_greedy
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align, total
from earnest.training.features import Features


@torch.no_grad()
def word_errors(model: FloatModel, features: Features) -> WordErrors:
    """The errors of all utterances together; the model is in evaluation mode."""
    return total(
        align(words(utterance.text or ""), words(_heard(model, features, index)))
        for index, utterance in enumerate(features.utterances)
    )


def _heard(model: FloatModel, features: Features, index: int) -> str:
    logits = model.module(torch.from_numpy(features.of(index))[None])[0]
    return model.tokens.decode(ctc_greedy(argmax(logits.numpy()), blank=model.ctc_tokens.blank))
