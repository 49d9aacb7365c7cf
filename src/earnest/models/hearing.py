"""What a float model hears: greedy CTC, a decoder's best token after the other, or its best hypothesis, by torch in
float32.

The way from logits to text is that of a program, so that both are compared by the arithmetic between alone.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from earnest.errors import CheckpointError
from earnest.models.checkpoint import FloatModel
from earnest.models.wrapped import WrappedDecoder, WrappedTransducer
from earnest.nn.model import Inputs
from earnest.runtime.beam import search
from earnest.runtime.decoded import Decoded
from earnest.runtime.decoding import Generation
from earnest.runtime.greedy import best
from earnest.runtime.recogniser import Recognised, check_beams
from earnest.runtime.text import argmax, ctc_greedy
from earnest.runtime.transduction import Transduction, transduced, transduced_logits


def recognised(model: FloatModel, features: np.ndarray, *, beams: int = 1) -> Recognised:
    """The text of features [frames, features] or samples; a decoder follows so many hypotheses."""
    check_beams(beams, decodes=isinstance(model.generation, Generation))
    heard = torch.from_numpy(np.ascontiguousarray(features))[None]
    if model.generation is not None:
        decoded = greedy_tokens(model, heard) if beams == 1 else beam_tokens(model, heard, beams=beams)
        text = model.tokens.decode(decoded.tokens)
        return Recognised(text=text, token_ids=decoded.tokens, truncated=decoded.truncated)
    with torch.inference_mode():
        logits = model.module(heard)[0].numpy()
    ids = ctc_greedy(argmax(logits), blank=model.ctc_tokens.blank)
    return Recognised(text=model.tokens.decode(ids), token_ids=tuple(ids), truncated=False)


def greedy_tokens(model: FloatModel, features: Tensor) -> Decoded:
    """The tokens that a decoder or a transducer chooses for the features of one utterance, [1, ...]."""
    if isinstance(model.generation, Transduction) and isinstance(model.module, WrappedTransducer):
        with torch.no_grad():
            rows = transduced_logits(_Frames(model.module, model.module.encode(features)), model.generation)
        return transduced(rows, model.generation)
    module, generation = _decoder(model)
    return _greedy(module, features, generation)


def beam_tokens(model: FloatModel, features: Tensor, *, beams: int) -> Decoded:
    """The tokens of the best of so many hypotheses, by the search of `runtime.beam`."""
    module, generation = _decoder(model)
    with torch.no_grad():
        return search(_Steps(module), features, generation, _log_probabilities, beams=beams)[0]


def _decoder(model: FloatModel) -> tuple[WrappedDecoder, Generation]:
    if not isinstance(model.generation, Generation) or not isinstance(model.module, WrappedDecoder):
        raise CheckpointError(f"{model.source}: expected a model with a decoder, got {model.architecture}")
    return model.module, model.generation


class _Steps:
    """A float decoder token by token; what it keeps of earlier ones is copied, for the model's cache grows in place."""

    def __init__(self, module: WrappedDecoder) -> None:
        self.module = module

    def begin(self, codes: Tensor, start: Sequence[int]) -> tuple[np.ndarray, tuple[Any, Any]]:
        """The logits behind the tokens that it begins with, and the state there."""
        return self._next(self.module.encode(codes), start, None)

    def step(self, state: tuple[Any, Any], token: int) -> tuple[np.ndarray, tuple[Any, Any]]:
        """The logits behind a token, and the state after it."""
        heard, kept = state
        return self._next(heard, [token], copy.deepcopy(kept))

    def _next(self, heard: Any, tokens: Sequence[int], kept: Any) -> tuple[np.ndarray, tuple[Any, Any]]:
        logits, kept = self.module.next(heard, torch.tensor([[*tokens]]), kept)
        return logits.numpy(), (heard, kept)


class _Frames:
    """The frames of a float transducer; tokens [1, tokens] say what they say with all that came before."""

    def __init__(self, module: WrappedTransducer, heard: Tensor) -> None:
        self.module, self.heard, self.count = module, heard, heard.shape[1]

    def say(self, token: int, before: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """The tokens so far, and what the last of them says."""
        tokens = torch.tensor([[token]])
        tokens = tokens if before is None else torch.cat([before[0], tokens], dim=1)
        return tokens, self.module.say(tokens)[:, -1:]

    def row(self, frame: int, said: tuple[Tensor, Tensor]) -> np.ndarray:
        """The logits [classes] at a frame, behind the tokens so far."""
        return self.module.join(self.heard[:, frame : frame + 1], said[1])[0, 0, 0].numpy()


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    return torch.log_softmax(torch.from_numpy(logits).double(), dim=-1).numpy()


def taught(
    model: FloatModel, features: Sequence[Tensor], told: Callable[[int, int], None] | None = None
) -> tuple[Inputs, ...]:
    """Features of utterances with what the decoder reads, [1, tokens], while the float model itself chooses the tokens
    of each: no transcript is needed. Of a CTC model the features alone.
    """
    if model.generation is None:
        return tuple(features)
    found: list[Inputs] = []
    for done, each in enumerate(features, start=1):
        tokens = model.generation.read(greedy_tokens(model, each).tokens)
        found.append((each, torch.tensor([tokens])))
        if told is not None:
            told(done, len(features))
    return tuple(found)


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
