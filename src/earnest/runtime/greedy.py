"""Greedy decoding in integers: the best class behind the tokens is appended to them, one after the other.

It goes on until a token of the end, or until there are as many as allowed: then the result says that it was cut off. On
ties the lowest index wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earnest.runtime.decoder import Decoder
from earnest.runtime.decoding import Decoding
from earnest.runtime.text import argmax


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The tokens that were chosen, the end among them; `truncated` where there was none within the allowed number."""

    tokens: tuple[int, ...]
    truncated: bool


def greedy(decoder: Decoder, codes: np.ndarray, decoding: Decoding) -> Decoded:
    """The tokens of one utterance, the best after the other."""
    logits, state = decoder.begin(codes, decoding.start)
    chosen: list[int] = []
    while len(decoding.start) + len(chosen) < decoding.most_tokens:
        token = best(logits, decoding.allowed(len(logits), first=not chosen))
        chosen.append(token)
        if token in decoding.end:
            return Decoded(tokens=tuple(chosen), truncated=False)
        if len(decoding.start) + len(chosen) < decoding.most_tokens:
            logits, state = decoder.step(state, token)
    return Decoded(tokens=tuple(chosen), truncated=True)


def best(logits: np.ndarray, allowed: np.ndarray) -> int:
    """The best of the classes that may be chosen, the lowest index on ties."""
    (places,) = np.nonzero(allowed)
    return int(places[argmax(logits[places])])


def forced(decoder: Decoder, codes: np.ndarray, tokens: Sequence[int]) -> np.ndarray:
    """The logits after each of some given tokens, [tokens, classes]."""
    state, rows = decoder.hear(codes), []
    for token in tokens:
        logits, state = decoder.step(state, token)
        rows.append(logits)
    return np.stack(rows)
