"""Mel energies of frames: windows, power spectra and triangular filters in float64, which several front ends share.

Slaney's filters: triangles over hertz between points that are evenly spaced on his mel scale (linear below 1 kHz,
logarithmic above), each of unit area [Slaney 1998, Auditory Toolbox]. Kaldi's: triangles over mel = 1127 ln(1 + Hz/700)
between evenly spaced points, each of height 1 [Povey et al. 2011, The Kaldi Speech Recognition Toolkit].
"""

import functools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

_FRAMES_AT_ONCE = 2_048


def energies(
    frames: Reals,
    count: int,
    window: Reals,
    n_fft: int,
    filters: Reals,
    prepared: Callable[[Reals], Reals] | None = None,
) -> Reals:
    """Energies [count, mels] of the first `count` frames [frames, window] of samples, times a window; what is to be
    done to frames before that is `prepared`.

    Where a window stands in its transform changes the phase alone: the power is the same.
    """
    found = np.empty((count, filters.shape[1]))
    for start in range(0, count, _FRAMES_AT_ONCE):
        part = slice(start, min(start + _FRAMES_AT_ONCE, count))
        block = frames[part] if prepared is None else prepared(frames[part])
        spectrum = np.fft.rfft(block * window, n=n_fft)
        power = spectrum.real**2 + spectrum.imag**2
        found[part] = power @ filters
    return found


def frames_of(signal: Reals, window: int, hop: int) -> Reals:
    """All whole windows [frames, window] of a signal, the first at its first sample; a view."""
    return np.lib.stride_tricks.sliding_window_view(signal, window)[::hop]


@functools.lru_cache(maxsize=8)
def hann(length: int) -> Reals:
    """The symmetric Hann window."""
    return _constant(np.hanning(length))


@functools.lru_cache(maxsize=8)
def periodic_hann(length: int) -> Reals:
    """One period of the Hann window."""
    return _constant(np.hanning(length + 1)[:-1])


@functools.lru_cache(maxsize=8)
def povey(length: int) -> Reals:
    """Kaldi's own window: the symmetric Hann window to the power of 0.85."""
    return _constant(np.hanning(length) ** 0.85)


@functools.lru_cache(maxsize=8)
def slaney_filters(sample_rate: int, n_fft: int, mels: int, low_hz: int, high_hz: int) -> Reals:
    """Weights [n_fft/2 + 1, mels]: triangles between neighbouring mel points, over half of their width in hertz."""
    points: Reals = np.linspace(_hz_to_slaney(low_hz), _hz_to_slaney(high_hz), mels + 2)
    edges: Reals = np.where(points < 15, points * 200 / 3, 1_000 * np.exp((points - 15) * (math.log(6.4) / 27)))
    return _constant(_triangles(_bins(sample_rate, n_fft), edges) * (2.0 / (edges[2:] - edges[:-2])))


@functools.lru_cache(maxsize=8)
def kaldi_filters(sample_rate: int, n_fft: int, mels: int, low_hz: int, high_hz: int) -> Reals:
    """Weights [n_fft/2 + 1, mels]: triangles over mel between evenly spaced points."""
    low, high = (1127 * math.log(1 + hz / 700) for hz in (low_hz, high_hz))
    return _constant(_triangles(1127 * np.log(1 + _bins(sample_rate, n_fft) / 700), np.linspace(low, high, mels + 2)))


def _bins(sample_rate: int, n_fft: int) -> Reals:
    return np.arange(n_fft // 2 + 1, dtype=np.float64)[:, None] * (sample_rate / n_fft)


def _hz_to_slaney(hz: float) -> float:
    return hz * 3 / 200 if hz < 1_000 else 15 + 27 * math.log(hz / 1_000) / math.log(6.4)


def _triangles(bins: Reals, edges: Reals) -> Reals:
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    return np.maximum(0.0, np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)))


def _constant(values: Reals) -> Reals:
    values.flags.writeable = False
    return values
