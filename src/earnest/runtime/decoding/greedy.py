"""Greedy decoding: the best class behind the tokens is appended to them, one after the other.

It goes on until a token of the end, or until there are as many as allowed: then the result says that it was cut off. On
ties the lowest index wins.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoder import Decoder
from earnest.runtime.decoding.generation import Generation

Audio_contra = TypeVar("Audio_contra", contravariant=True)
State = TypeVar("State")


class Steps(Protocol[Audio_contra, State]):
    """A decoder that runs token by token, and whose states stay as they are when it goes on from them."""

    def begin(self, codes: Audio_contra, start: Sequence[int]) -> tuple[np.ndarray, State]:
        """The logits behind the tokens that it begins with, and the state there."""
        ...

    def step(self, state: State, token: int) -> tuple[np.ndarray, State]:
        """The logits [classes] behind a token, and the state after it."""
        ...


def greedy(decoder: Steps[Audio_contra, State], codes: Audio_contra, generation: Generation) -> Decoded:
    """The tokens of one utterance, the best after the other."""
    return chosen(greedy_logits(decoder, codes, generation), generation)


def greedy_logits(decoder: Steps[Audio_contra, State], codes: Audio_contra, generation: Generation) -> np.ndarray:
    """The logits that each of those tokens is the best of, [tokens, classes]."""
    logits, state = decoder.begin(codes, generation.start)
    rows = [logits]
    while len(generation.start) + len(rows) < generation.most_tokens:
        token = best(logits, generation.allowed(len(logits), first=len(rows) == 1))
        if token in generation.end:
            break
        logits, state = decoder.step(state, token)
        rows.append(logits)
    return np.stack(rows)


def chosen(rows: np.ndarray, generation: Generation) -> Decoded:
    """The tokens that logits [tokens, classes] stand for."""
    tokens = tuple(best(row, generation.allowed(len(row), first=not index)) for index, row in enumerate(rows))
    return Decoded(tokens=tokens, truncated=tokens[-1] not in generation.end)


def argmax(logits: npt.NDArray[np.number]) -> npt.NDArray[np.int64]:
    """The best class along the last axis; on ties the lowest index (NumPy promises the first occurrence)."""
    return np.argmax(logits, axis=-1).astype(np.int64)


def best(logits: np.ndarray, allowed: np.ndarray) -> int:
    """The best of the classes that may be chosen, the lowest index on ties."""
    (places,) = np.nonzero(allowed)
    return int(places[argmax(logits[places])])


def forced(decoder: Decoder, codes: np.ndarray, tokens: Sequence[int]) -> np.ndarray:
    """The logits after each of some given tokens, [tokens, classes]."""
    state, rows = decoder.encode(codes), []
    for token in tokens:
        logits, state = decoder.step(state, token)
        rows.append(logits)
    return np.stack(rows)
