"""Beam search in integers: the hypotheses whose log-probabilities (E27) sum to most, a token at a time.

Hypotheses that have ended are compared by their mean over tokens, as exact quotients. On ties the earlier hypothesis
and the lowest token win. A hypothesis ends if its end is among the best `beams` continuations; the search ends once as
many have ended as are followed.
"""

from dataclasses import dataclass

import numpy as np

from earnest.integer.log_probability import log_probabilities
from earnest.runtime.decoder import Decoder, State
from earnest.runtime.decoding import Decoding
from earnest.runtime.greedy import Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """Tokens that were chosen, the sum of their log-probabilities, and what the next needs."""

    tokens: tuple[int, ...]
    score: int
    logits: np.ndarray
    state: State

    def better_than(self, other: "Hypothesis") -> bool:
        """The greater mean over tokens."""
        return self.score * len(other.tokens) > other.score * len(self.tokens)


def beam_search(decoder: Decoder, codes: np.ndarray, decoding: Decoding, *, beams: int) -> Decoded:
    """The tokens of the best of `beams` hypotheses of one utterance."""
    logits, state = decoder.begin(codes, decoding.start)
    live, ended = [Hypothesis(tokens=(), score=0, logits=logits, state=state)], list[Hypothesis]()
    for length in range(len(decoding.start) + 1, decoding.most_tokens + 1):
        found = [_longer(live[place], score, token) for score, place, token in _candidates(live, decoding, beams)]
        ended += [each for each in found[:beams] if each.tokens[-1] in decoding.end]
        live = [each for each in found if each.tokens[-1] not in decoding.end][:beams]
        if len(ended) >= beams or not live or length == decoding.most_tokens:
            break
        live = [_followed(decoder, each) for each in live]
    best = _best(ended or live)
    return Decoded(tokens=best.tokens, truncated=not ended)


def _candidates(live: list[Hypothesis], decoding: Decoding, beams: int) -> list[tuple[int, int, int]]:
    """Score, hypothesis and token of the best continuations: as many more than are followed as tokens may end one."""
    count = beams * (1 + len(decoding.end))
    found: list[tuple[int, int, int]] = []
    for place, each in enumerate(live):
        allowed = decoding.allowed(len(each.logits), first=not each.tokens)
        scores = each.score + log_probabilities(each.logits, decoding.multiplier, decoding.shift)
        (tokens,) = np.nonzero(allowed)
        order = np.argsort(-scores[tokens], kind="stable")[:count]
        found += [(int(scores[token]), place, int(token)) for token in tokens[order]]
    return sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:count]


def _longer(before: Hypothesis, score: int, token: int) -> Hypothesis:
    return Hypothesis(tokens=(*before.tokens, token), score=score, logits=before.logits, state=before.state)


def _followed(decoder: Decoder, one: Hypothesis) -> Hypothesis:
    logits, state = decoder.step(one.state, one.tokens[-1])
    return Hypothesis(tokens=one.tokens, score=one.score, logits=logits, state=state)


def _best(hypotheses: list[Hypothesis]) -> Hypothesis:
    """The first of the best."""
    best = hypotheses[0]
    for each in hypotheses[1:]:
        best = each if each.better_than(best) else best
    return best
