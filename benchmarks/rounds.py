"""Timing: in every round each system has its turn (A B C A B C ...), and its figure is the median over the rounds.

A turn is a pause, in which the threads of the system before stop spinning, one run that brings the weights back into
the caches, and one run that is timed.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.material import Material
from benchmarks.progress import one_line, say
from benchmarks.systems import SYSTEMS, Run
from earnest.lab.machine import with_other_load

PAUSE = 0.1
"""Seconds between two systems."""

LARGEST_DIFFERENCE = 0.01
"""Of the logits of a float32 rival from those of torch eager; sums in another order differ by about 2e-4."""
MOST_FRAMES_DIFFERING = 0.25
"""Of an integer system, in its best class: 8 bits change some per cent of the frames, another model nearly all."""


def interleaved(
    runs: Mapping[str, Run],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, list[float]]:
    """Seconds of the timed runs of each system, `repeats` of them."""
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            pause(PAUSE)
            run()
            start = clock()
            run()
            samples[name].append(clock() - start)
    return samples


def summary(samples: Sequence[float]) -> dict[str, float]:
    """Median, fastest and slowest of the samples, in milliseconds."""
    found = {"milliseconds": statistics.median(samples), "fastest": min(samples), "slowest": max(samples)}
    return {key: round(1000 * seconds, 3) for key, seconds in found.items()}


def agreement(logits: np.ndarray, expected: np.ndarray, *, real: bool) -> dict[str, float | None]:
    """How far a system's logits are from torch eager's; ValueError where it computes something else.

    `frames_differing` is the share of frames with another best class, `largest_difference` that of the logits
    themselves (None for codes and for quantized graphs, where it says nothing).
    """
    if logits.shape != expected.shape:
        raise ValueError(f"expected logits of shape {expected.shape}, got {logits.shape}")
    differing = float(np.mean(logits.argmax(axis=-1) != expected.argmax(axis=-1)))
    largest = float(np.abs(logits - expected).max()) if real else None
    if differing > MOST_FRAMES_DIFFERING or (largest is not None and not largest <= LARGEST_DIFFERENCE):
        raise ValueError(
            f"it does not compute the model: {100 * differing:.1f} % of the frames have another best class"
            + ("" if largest is None else f", logits differ by {largest:.3g}")
        )
    return {
        "frames_differing": round(differing, 5),
        "largest_difference": None if largest is None else float(f"{largest:.3g}"),
    }


def measure(material: Material, names: Sequence[str], seconds: int, threads: int, repeats: int) -> dict[str, Any]:
    """`systems`: figures by name; `failed`: the reason by name of those that could not be built or are another model;
    `other_load`: cores that other processes kept busy during the rounds. To be called in a fresh process.
    """
    runs: dict[str, Run] = {}
    found: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    expected = material.logits(seconds)
    for name in names:
        say(f"{seconds} s, {threads} thread(s): loading {name}")
        try:
            run = SYSTEMS[name].load(material, seconds, threads).run
            found[name] = agreement(run(), expected, real=SYSTEMS[name].real)
            runs[name] = run
        except Exception as error:  # noqa: BLE001  # whatever a system raises is its result
            failed[name] = one_line(error)
            say(f"{name} is left out: {failed[name]}")
    say(f"{seconds} s, {threads} thread(s): {repeats} rounds of {len(runs)} systems")
    taken, other_load = with_other_load(lambda: interleaved(runs, repeats))
    for name, samples in taken.items():
        found[name] |= summary(samples)
    return {"systems": found, "failed": failed, "other_load": other_load}
