"""What a float model recognizes: the text of features, and the tokens that it chooses, by torch in float32."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from earnest.models.float_model import FloatModel
from earnest.nn.model import Inputs
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import check_beams
from earnest.runtime.recognizer import Recognized


def recognized(model: FloatModel, features: np.ndarray, *, beams: int = 1) -> Recognized:
    """The text of features [frames, features] or samples; a decoder follows so many hypotheses."""
    check_beams(beams, decodes=model.recognition.follows_beams)
    decoded = tokens_of(model, torch.from_numpy(np.ascontiguousarray(features))[None], beams=beams)
    text = model.tokens.decode(decoded.tokens)
    return Recognized(text=text, token_ids=decoded.tokens, truncated=decoded.truncated)


def tokens_of(model: FloatModel, features: Tensor, *, beams: int = 1) -> Decoded:
    """The tokens that are chosen for the features of one utterance, [1, ...]."""
    return model.recognition.tokens(model.module, features, beams=beams)


def taught(
    model: FloatModel, features: Sequence[Tensor], told: Callable[[int, int], None] | None = None
) -> tuple[Inputs, ...]:
    """Features of utterances with what a decoder or a transducer reads, [1, tokens], while the float model itself
    chooses the tokens of each: no transcript is needed. Of a CTC model the features alone.
    """
    found: list[Inputs] = []
    for done, each in enumerate(features, start=1):
        found.append(model.recognition.taught(model.module, each))
        if told is not None and model.recognition.most_tokens is not None:
            told(done, len(features))
    return tuple(found)
