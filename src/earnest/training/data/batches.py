"""Batches of utterances of nearly one length, endless, and the same ones for the same seed.

In every epoch lengths are blurred by up to `BLUR`, so that the same utterances do not meet again; neighbours by that
length fill batches, and the batches are shuffled. The order depends on seed and epoch alone: to go on after step n,
take the batches from n on.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, count, islice

import numpy as np

BLUR = 0.08


def epoch(lengths: Sequence[int], most: int, generator: np.random.Generator) -> list[list[int]]:
    """Every utterance once; the longest of a batch times their number is at most `most`, or it is alone."""
    blurred = np.asarray(lengths) * generator.uniform(1.0, 1.0 + BLUR, size=len(lengths))
    batches: list[list[int]] = []
    longest = 0
    for index in map(int, np.argsort(blurred, kind="stable")):
        longest = max(longest, lengths[index])
        if not batches or longest * (len(batches[-1]) + 1) > most:
            batches.append([])
            longest = lengths[index]
        batches[-1].append(index)
    return [batches[index] for index in generator.permutation(len(batches))]


def endless(
    lengths: Sequence[int], most: int, seed: int, *, short: int = 0, short_steps: int = 0
) -> Iterator[list[int]]:
    """Epoch after epoch; the first `short_steps` batches are of utterances no longer than `short` alone."""
    few = [index for index, length in enumerate(lengths) if length <= short]
    opening = (
        [few[index] for index in batch]
        for number in (count() if few else ())
        for batch in epoch([lengths[index] for index in few], most, np.random.default_rng([seed, 0, number]))
    )
    rest = (batch for number in count() for batch in epoch(lengths, most, np.random.default_rng([seed, 1, number])))
    return chain(islice(opening, short_steps), rest)
