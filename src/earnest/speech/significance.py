"""Is one system better than another? A paired bootstrap interval of the difference of two word error rates.

Utterances are drawn with replacement, the same draw for both systems, and

    difference = 100 (sum errors_b - sum errors_a) / sum words      over the utterances drawn;

the two-sided 95 % interval runs from the 2.5th to the 97.5th percentile of the differences [Bisani and Ney 2004,
ICASSP, "Bootstrap estimates for confidence intervals in ASR performance evaluation"]. With a = float and b = integer,
difference = integer - float. It assumes that utterances are exchangeable; speakers are not resampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earnest.errors import DataError

LEVEL = 95
_DRAWS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """`difference` (b minus a, per cent of the words) and its two-sided 95 % `interval`, lower end first."""

    difference: float
    interval: tuple[float, float]


def paired_bootstrap(
    errors_a: Sequence[int],
    errors_b: Sequence[int],
    words: Sequence[int],
    *,
    resamples: int = 10_000,
    seed: int,
) -> PairedDifference:
    """Difference and interval from the errors of both systems and the reference words, one number per utterance.

    The same seed gives the same interval. DataError: no utterance, unequal lengths, a negative count, an utterance
    without words, fewer than 100 resamples.
    """
    a, b, n = (
        _counts(name, given) for name, given in (("errors_a", errors_a), ("errors_b", errors_b), ("words", words))
    )
    if not len(a) == len(b) == len(n) > 0:
        raise DataError(f"expected counts of the same utterances, at least one, got {len(a)}, {len(b)} and {len(n)}")
    if n.min() < 1:
        raise DataError(f"expected at least one reference word per utterance, got 0 for utterance {int(n.argmin())}")
    if resamples < 100:
        raise DataError(f"expected at least 100 resamples for a {LEVEL} % interval, got {resamples}")
    differences = _resampled(b - a, n, resamples, np.random.Generator(np.random.PCG64(seed)))
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(differences, (tail, 100 - tail))
    return PairedDifference(difference=float(100.0 * (b - a).sum() / n.sum()), interval=(float(low), float(high)))


def _resampled(
    delta: npt.NDArray[np.int64], words: npt.NDArray[np.int64], resamples: int, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """The difference in each of `resamples` draws, some draws at a time so that memory stays small."""
    differences = np.empty(resamples)
    rows = max(1, _DRAWS_AT_ONCE // len(words))
    for start in range(0, resamples, rows):
        stop = min(start + rows, resamples)
        drawn = generator.integers(len(words), size=(stop - start, len(words)))
        differences[start:stop] = 100.0 * delta[drawn].sum(axis=1) / words[drawn].sum(axis=1)
    return differences


def _counts(name: str, given: Sequence[int]) -> npt.NDArray[np.int64]:
    counts = np.asarray(given)
    if counts.ndim != 1 or (counts.size and not np.issubdtype(counts.dtype, np.integer)):
        raise DataError(f"expected {name} as integers, one per utterance, got {counts.dtype} of shape {counts.shape}")
    if counts.size and counts.min() < 0:
        raise DataError(f"expected {name} >= 0, got {int(counts.min())} for utterance {int(counts.argmin())}")
    return counts.astype(np.int64)
