"""Beam search: the hypotheses whose log-probabilities sum to most, a token at a time. Of a program they are integers
(E27), and so is the whole search.

Hypotheses that have ended are compared by their mean over tokens, as exact quotients. On ties the earlier hypothesis
and the lowest token win. A hypothesis ends if its end is among the best `beams` continuations; the search ends once as
many have ended as are followed. At the cap one that has ended wins over those that are cut off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

import numpy as np

from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.generation import Generation
from earnest.runtime.decoding.greedy import Audio_contra, State, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis(Generic[State]):
    """Tokens that were chosen, the sum of their log-probabilities, the logits that each was chosen from, with those for
    the next behind them where they are known, and what the next needs.
    """

    tokens: tuple[int, ...]
    score: float
    rows: tuple[np.ndarray, ...]
    state: State

    def better_than(self, other: "Hypothesis[State]") -> bool:
        """The greater mean over tokens."""
        return self.score * len(other.tokens) > other.score * len(self.tokens)


def search(
    decoder: Steps[Audio_contra, State],
    codes: Audio_contra,
    generation: Generation,
    scores: Callable[[np.ndarray], np.ndarray],
    *,
    beams: int,
) -> tuple[Decoded, np.ndarray]:
    """The tokens of the best of `beams` hypotheses, and the logits [tokens, classes] that each of them was chosen from,
    of any decoder, whose logits `scores` turns into log-probabilities.
    """
    logits, state = decoder.begin(codes, generation.start)
    live, ended = [Hypothesis(tokens=(), score=0, rows=(logits,), state=state)], list[Hypothesis[State]]()
    for length in range(len(generation.start) + 1, generation.most_tokens + 1):
        candidates = _candidates(live, generation, scores, beams)
        found = [_longer(live[place], score, token) for score, place, token in candidates]
        ended += [each for each in found[:beams] if each.tokens[-1] in generation.end]
        live = [each for each in found if each.tokens[-1] not in generation.end][:beams]
        if len(ended) >= beams or not live or length == generation.most_tokens:
            break
        live = [_followed(decoder, each) for each in live]
    best = _best(ended or live)
    return Decoded(tokens=best.tokens, truncated=not ended), np.stack(best.rows)


def _candidates(
    live: list[Hypothesis[State]], generation: Generation, scores: Callable[[np.ndarray], np.ndarray], beams: int
) -> list[tuple[float, int, int]]:
    """Score, hypothesis and token of the best continuations: as many more than are followed as tokens may end one."""
    count = beams * (1 + len(generation.end))
    found: list[tuple[float, int, int]] = []
    for place, each in enumerate(live):
        allowed = generation.allowed(len(each.rows[-1]), first=not each.tokens)
        summed = each.score + scores(each.rows[-1])
        (tokens,) = np.nonzero(allowed)
        order = np.argsort(-summed[tokens], kind="stable")[:count]
        found += [(summed[token].item(), place, int(token)) for token in tokens[order]]
    return sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:count]


def _longer(before: Hypothesis[State], score: float, token: int) -> Hypothesis[State]:
    return Hypothesis(tokens=(*before.tokens, token), score=score, rows=before.rows, state=before.state)


def _followed(decoder: Steps[Audio_contra, State], one: Hypothesis[State]) -> Hypothesis[State]:
    logits, state = decoder.step(one.state, one.tokens[-1])
    return Hypothesis(tokens=one.tokens, score=one.score, rows=(*one.rows, logits), state=state)


def _best(hypotheses: list[Hypothesis[State]]) -> Hypothesis[State]:
    """The first of the best."""
    best = hypotheses[0]
    for each in hypotheses[1:]:
        best = each if each.better_than(best) else best
    return best
