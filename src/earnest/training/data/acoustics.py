"""A dry recording put into a room and into noise: pure functions of samples and a random generator.

    echo    y = x + g (x * h),  h[t] ~ N(0, 1) 10^(-3 t / RT60),  |x|^2 / |g (x * h)|^2 = 10^(direct_db / 10)
    noise   y = x + g n,  n of power f^-slope,                    |x|^2 / |g n|^2 = 10^(snr_db / 10)
    speed   y(t) = x(f t),  which raises the voice too
    talker  y = x + g z,  z another recording, over and over,     |x|^2 / |g z|^2 = 10^(talker_db / 10)

[Ko 2017, ICASSP, "A study on data augmentation of reverberant speech for robust speech recognition"] shows that
synthetic rooms do nearly as well as measured ones; [Ko 2015, Interspeech, "Audio augmentation for speech recognition"]
that speeds of 0.9 to 1.1 are worth more than the same speech again.
"""

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve, resample_poly

from earnest.training.specification import Acoustics, Augmentation, Range

Samples = npt.NDArray[np.float64]

PER_CENT = 100
"""Speeds are whole per cents, so that samples lie at ratios of small numbers."""


def draw(range_: Range, generator: np.random.Generator) -> float:
    """A value of a range."""
    return float(generator.uniform(range_.low, range_.high))


def augment(
    samples: npt.NDArray[np.float32],
    rate: int,
    augmentation: Augmentation,
    generator: np.random.Generator,
    talker: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float32]:
    """A recording as it might have been made: at another speed, beside another talker, in another room."""
    result = change_speed(samples.astype(np.float64), draw(augmentation.speed, generator))
    if talker is not None:
        other = change_speed(talker.astype(np.float64), draw(augmentation.speed, generator))
        result = add_talker(result, other, draw(augmentation.talker_db, generator))
    return simulate_acoustics(result, rate, augmentation.acoustics, generator).astype(np.float32)


def change_speed(samples: Samples, factor: float) -> Samples:
    """So many times as fast and as high, to the nearest per cent."""
    result: Samples = resample_poly(samples, PER_CENT, round(factor * PER_CENT))
    return result


def simulate_acoustics(samples: Samples, rate: int, acoustics: Acoustics, generator: np.random.Generator) -> Samples:
    """The recording in a room and in noise, at `rate` hertz, its largest sample at the peak that was drawn."""
    before, after = (int(rate * draw(acoustics.silence, generator)) for _ in range(2))
    result = np.pad(samples, (before, after))
    if generator.random() < acoustics.echo:
        rt60, below = draw(acoustics.rt60, generator), draw(acoustics.direct_db, generator)
        result = reverberate(result, rate, rt60, below, generator)
    if generator.random() < acoustics.noise:
        ratio, slope = draw(acoustics.snr_db, generator), draw(acoustics.slope, generator)
        result = add_noise(result, ratio, slope, generator)
    return result * (draw(acoustics.peak, generator) / max(np.abs(result).max(), 1e-9))


def add_talker(samples: Samples, talker: Samples, talker_db: float) -> Samples:
    """With another recording, which begins again where it is shorter."""
    return samples + _at(samples, np.resize(talker, len(samples)), talker_db)


def reverberate(samples: Samples, rate: int, rt60: float, direct_db: float, generator: np.random.Generator) -> Samples:
    """With the reverberation of a room, cut at the end of the recording."""
    time = np.arange(max(1, int(rate * rt60))) / rate
    tail = generator.standard_normal(len(time)) * 10.0 ** (-3.0 * time / rt60)
    return samples + _at(samples, fftconvolve(samples, tail)[: len(samples)], direct_db)


def add_noise(samples: Samples, snr_db: float, slope: float, generator: np.random.Generator) -> Samples:
    """With noise whose power falls with frequency^-slope; 0 is white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(generator.standard_normal(len(samples)))
    spectrum[1:] *= np.arange(1, len(spectrum)) ** (-slope / 2)
    spectrum[0] = 0.0
    return samples + _at(samples, np.fft.irfft(spectrum, n=len(samples)), snr_db)


def _at(samples: Samples, added: Samples, ratio_db: float) -> Samples:
    """What is added, so loud that the samples are `ratio_db` decibels above it; silence where either is silent."""
    power = float((added**2).sum())
    return added * np.sqrt((samples**2).sum() / power * 10.0 ** (-ratio_db / 10.0)) if power else added
