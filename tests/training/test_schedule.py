"""The rate: up a line, down a cosine, from the rate to the last one."""

import pytest

from earnest.training.schedule import rate
from earnest.training.specification import Descent

DESCENT = Descent(steps=110, rate=1.0, last_rate=0.2, warmup=10, decay=0.0, clip=1.0, average=0.9)


def test_corners() -> None:
    assert rate(0, DESCENT) == pytest.approx(0.1)
    assert rate(9, DESCENT) == rate(10, DESCENT) == 1.0
    assert rate(60, DESCENT) == pytest.approx(0.6)
    assert rate(110, DESCENT) == pytest.approx(0.2)


def test_it_only_rises_and_then_only_falls() -> None:
    rates = [rate(step, DESCENT) for step in range(110)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_a_run_that_is_all_warmup() -> None:
    short = DESCENT.model_copy(update={"steps": 10})
    assert rate(9, short) == 1.0
    assert rate(10, short) == 1.0
