"""Histograms of what an edge carries: extremes in a first pass, counts between them in a second."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from earnest.errors import CalibrationError

BINS = 4096


@dataclass(slots=True)
class Extremes:
    """Lowest and highest value seen."""

    low: float = float("inf")
    high: float = float("-inf")

    def observe_(self, name: str, values: Float[Tensor, "..."]) -> None:
        """Widen to hold `values`; refuses what is not finite."""
        low, high = (float(value) for value in torch.aminmax(values))
        if not (np.isfinite(low) and np.isfinite(high)):
            raise CalibrationError(f"{name}: the float model gives values that are not finite on the calibration data")
        self.low, self.high = min(self.low, low), max(self.high, high)

    def merge_(self, other: "Extremes") -> None:
        """Widen to hold what another one has seen."""
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    @property
    def seen(self) -> bool:
        """True once a value was observed."""
        return self.low <= self.high


@dataclass(slots=True)
class Histogram:
    """Counts in equal bins over a range that holds all values. `importance` is the sum over the values of a bin of what
    their squared error adds to that of the results of their readers; 0 throughout where that is not known.
    """

    low: float
    high: float
    counts: Float64[np.ndarray, " bins"]
    importance: Float64[np.ndarray, " bins"]

    @classmethod
    def over(cls, extremes: Extremes) -> "Histogram":
        """An empty histogram over extremes."""
        return cls(low=extremes.low, high=extremes.high, counts=np.zeros(BINS), importance=np.zeros(BINS))

    def observe_(self, values: Float[Tensor, "..."]) -> None:
        """Count `values`."""
        if self.high > self.low:
            self.counts += torch.histc(values.float(), BINS, self.low, self.high).cpu().numpy()

    def weigh_(self, values: Float[Tensor, "*shape"], importance: Float[Tensor, "*shape"]) -> None:
        """Add what the squared error of each of `values` counts."""
        if self.high > self.low:
            bins = ((values.double() - self.low) * (BINS / (self.high - self.low))).long().clamp_(0, BINS - 1)
            weights = importance.double().reshape(-1)
            self.importance += torch.bincount(bins.reshape(-1), weights, minlength=BINS).cpu().numpy()

    def merge_(self, other: "Histogram") -> None:
        """Add what another one over the same range has counted."""
        self.counts += other.counts
        self.importance += other.importance

    @property
    def centres(self) -> Float64[np.ndarray, " bins"]:
        """The middle of each bin."""
        width = (self.high - self.low) / BINS
        return self.low + width * (np.arange(BINS) + 0.5)
