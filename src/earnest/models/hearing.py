"""What a float model hears: greedy CTC, or a decoder's best token after the other, by torch in float32.

The way from logits to text is that of a program, so that both are compared by the arithmetic between alone.
"""

import numpy as np
import torch
from torch import Tensor

from earnest.errors import CheckpointError
from earnest.models.checkpoint import FloatModel
from earnest.models.wrapped import WrappedDecoder
from earnest.runtime.decoding import Generation
from earnest.runtime.greedy import Decoded, best
from earnest.runtime.recogniser import Recognised
from earnest.runtime.text import argmax, ctc_greedy


def recognised(model: FloatModel, features: np.ndarray) -> Recognised:
    """The text of features [frames, features] or samples."""
    heard = torch.from_numpy(np.ascontiguousarray(features))[None]
    if model.generation is not None:
        decoded = greedy_tokens(model, heard)
        text = model.tokens.decode(decoded.tokens)
        return Recognised(text=text, token_ids=decoded.tokens, truncated=decoded.truncated)
    with torch.inference_mode():
        logits = model.module(heard)[0].numpy()
    ids = ctc_greedy(argmax(logits), blank=model.ctc_tokens.blank)
    return Recognised(text=model.tokens.decode(ids), token_ids=tuple(ids), truncated=False)


def greedy_tokens(model: FloatModel, features: Tensor) -> Decoded:
    """The tokens that a decoder chooses for the features of one utterance, [1, ...]."""
    if model.generation is None or not isinstance(model.module, WrappedDecoder):
        raise CheckpointError(f"{model.source}: expected a model with a decoder, got {model.architecture}")
    return _greedy(model.module, features, model.generation)


def teacher_tokens(model: FloatModel, features: Tensor) -> Tensor:
    """[1, tokens]: what the decoder reads while it chooses those tokens. No transcript is needed for them."""
    assert model.generation is not None
    return torch.tensor([[*model.generation.start, *greedy_tokens(model, features).tokens[:-1]]])


def _greedy(module: WrappedDecoder, features: Tensor, generation: Generation) -> Decoded:
    tokens: list[int] = []
    with torch.no_grad():
        heard, kept = module.encode(features), None
        read = torch.tensor([generation.start])
        while len(generation.start) + len(tokens) < generation.most_tokens:
            logits, kept = module.next(heard, read, kept)
            row = logits.numpy()
            tokens.append(best(row, generation.allowed(len(row), first=not tokens)))
            if tokens[-1] in generation.end:
                return Decoded(tokens=tuple(tokens), truncated=False)
            read = torch.tensor([[tokens[-1]]])
    return Decoded(tokens=tuple(tokens), truncated=True)
