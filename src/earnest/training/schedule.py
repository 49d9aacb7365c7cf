"""The rate of learning: up a line, down a cosine.

rate(n) = rate (n + 1) / warmup                                        n < warmup
rate(n) = last + (rate - last) (1 + cos(pi (n - warmup) / (steps - warmup))) / 2    after it
"""

import math

from earnest.training.specification import Descent


def rate(step: int, descent: Descent) -> float:
    """The rate of step `step`, counted from 0."""
    if step < descent.warmup:
        return descent.rate * (step + 1) / descent.warmup
    way = (step - descent.warmup) / max(1, descent.steps - descent.warmup)
    return descent.last_rate + (descent.rate - descent.last_rate) * (1 + math.cos(math.pi * way)) / 2
