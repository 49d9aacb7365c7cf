"""Rooms and noise are as loud as they say, speeds as fast, and all the same for the same seed."""

import numpy as np
import pytest

from earnest.training.data.acoustics import (
    add_noise,
    add_talker,
    augment,
    change_speed,
    draw,
    reverberate,
    simulate_acoustics,
)
from earnest.training.specification import Acoustics, Augmentation, Range

RATE = 16_000
SPEECH = np.sin(np.arange(RATE) * 0.1) * np.linspace(0, 1, RATE)


def exactly(value: float) -> Range:
    return Range(low=value, high=value)


def acoustics(**changes: object) -> Acoustics:
    plain = {"silence": exactly(0.25), "echo": 0.0, "rt60": exactly(0.3), "direct_db": exactly(6.0), "noise": 0.0}
    plain |= {"snr_db": exactly(20.0), "slope": exactly(1.0), "peak": exactly(0.5)}
    return Acoustics(**(plain | changes))


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def decibels(samples: np.ndarray, added: np.ndarray) -> float:
    return 10 * np.log10((samples**2).sum() / (added**2).sum())


@pytest.mark.parametrize("ratio", [0.0, 12.0, 40.0])
def test_noise_and_echo_are_as_loud_as_they_say(ratio: float) -> None:
    assert decibels(SPEECH, add_noise(SPEECH, ratio, 1.0, generator()) - SPEECH) == pytest.approx(ratio)
    assert decibels(SPEECH, reverberate(SPEECH, RATE, 0.2, ratio, generator()) - SPEECH) == pytest.approx(ratio)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_the_power_of_noise_falls_with_the_slope(slope: float) -> None:
    noise = add_noise(SPEECH, 0.0, slope, generator()) - SPEECH
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = power[100:200].mean(), power[1600:3200].mean()
    assert np.log2(low / high) / 4 == pytest.approx(slope, abs=0.15)


def test_an_echo_lasts_as_long_as_it_says_and_falls_by_60_decibels() -> None:
    click = np.zeros(RATE)
    click[0] = 1.0
    tail = reverberate(click, RATE, 0.5, 0.0, generator()) - click
    assert np.abs(tail[RATE // 2 :]).max() < 1e-12  # what rounding in the transform leaves
    assert decibels(tail[:800], tail[RATE // 2 - 800 : RATE // 2]) == pytest.approx(54.0, abs=2.0)


def test_silence_stands_at_both_ends_and_the_peak_is_the_peak() -> None:
    result = simulate_acoustics(SPEECH, RATE, acoustics(), generator())
    assert len(result) == RATE + 2 * RATE // 4
    assert np.abs(result).max() == pytest.approx(0.5)
    assert not result[: RATE // 4].any()
    assert not result[-RATE // 4 :].any()


def test_the_seed_decides() -> None:
    loud = acoustics(echo=1.0, noise=1.0)
    first, again, other = (simulate_acoustics(SPEECH, RATE, loud, generator(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_silence_stays_silent() -> None:
    assert not simulate_acoustics(np.zeros(RATE), RATE, acoustics(echo=1.0, noise=1.0), generator()).any()


def test_values_are_drawn_within_their_range() -> None:
    values = [draw(Range(low=2.0, high=3.0), generator(seed)) for seed in range(50)]
    assert 2.0 <= min(values) < 2.2 < 2.8 < max(values) < 3.0


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.25])
def test_a_faster_recording_is_shorter_and_higher(factor: float) -> None:
    tone = np.sin(2 * np.pi * 440.0 * np.arange(RATE) / RATE)
    result = change_speed(tone, factor)
    assert len(result) == pytest.approx(RATE / factor, abs=1)
    highest = np.argmax(np.abs(np.fft.rfft(result * np.hanning(len(result)))))
    assert highest * RATE / len(result) == pytest.approx(440.0 * factor, abs=1.0)


def test_augmentation_is_drawn_anew_with_every_seed() -> None:
    augmentation = Augmentation(speed=Range(low=0.9, high=1.1), acoustics=acoustics(echo=1.0, noise=1.0))
    first, again, other = (augment(SPEECH.astype(np.float32), RATE, augmentation, generator(n)) for n in (1, 1, 2))
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert len(first) != len(other)


def test_another_talker_is_added_below() -> None:
    talker = np.sin(np.arange(RATE // 3) * 0.3)
    added = add_talker(SPEECH, talker, 6.0) - SPEECH
    assert decibels(SPEECH, added) == pytest.approx(6.0)
    assert np.allclose(added[RATE // 3 : 2 * (RATE // 3)], added[: RATE // 3]), "it begins again"
    augmentation = Augmentation(speed=exactly(1.0), acoustics=acoustics(), talker=1.0, talker_db=exactly(6.0))
    result = augment(SPEECH.astype(np.float32), RATE, augmentation, generator(), talker.astype(np.float32))
    dry = add_talker(SPEECH, talker, 6.0)
    assert result[RATE // 4 :][:RATE] == pytest.approx(dry * (0.5 / np.abs(dry).max()), abs=1e-3)


def test_a_speed_beyond_speech_or_between_per_cents_is_refused() -> None:
    with pytest.raises(ValueError, match=r"whole per cents, got 0\.904 to 1\.0"):
        Augmentation(speed=Range(low=0.904, high=1.0), acoustics=acoustics())
    with pytest.raises(ValueError, match=r"speeds from 0\.5 to 2, got 0\.1 to 1\.0"):
        Augmentation(speed=Range(low=0.1, high=1.0), acoustics=acoustics())
