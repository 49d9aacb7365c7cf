"""Norms that are not what they say, among the operators of a program."""

from typing import Any

import numpy as np
from tests.integer.every_operator import CHANNELS
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.dishonest import one, operator, up_to
from tests.judge.zoo.planting import edited, spoilt, step_of


def _far_offsets(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Offsets around 2^23."""
    at = manifest["kinds"]["bias_norm"]["constants"].index("offset")
    step_of(manifest, "balanced")[5][at][1] += 1 << 23


CHEATS = (
    Cheat(
        name="a group norm that shifts everything away",
        patterns=(5,),
        rule="constants",
        judge=spoilt("grouped", pre_shift=16),
        alone=False,
    ),
    Cheat(name="a norm without epsilon", patterns=(5,), rule="constants", judge=spoilt("norm", epsilon=0)),
    Cheat(
        name="a zero point of an RMS norm that is no code",
        patterns=(5, 8),
        rule="constants",
        judge=spoilt("normalised", input_zero_point=200),
    ),
    Cheat(name="an RMS norm without epsilon", patterns=(5,), rule="constants", judge=spoilt("normalised", epsilon=-1)),
    Cheat(name="a BiasNorm without epsilon", patterns=(5,), rule="constants", judge=spoilt("balanced", epsilon=0)),
    Cheat(
        name="a zero point of a BiasNorm that is no code",
        patterns=(5, 8),
        rule="constants",
        judge=spoilt("balanced", input_zero_point=-129),
    ),
    Cheat(
        name="an offset of a BiasNorm beyond 24 bits",
        patterns=(8,),
        rule="constants",
        judge=edited(_far_offsets),
    ),
    Cheat(
        name="an epsilon of a group norm that is no mantissa",
        patterns=(5,),
        rule="multipliers",
        judge=spoilt("grouped", epsilon=5),
        alone=False,
    ),
    Cheat(
        name="a norm whose sum overflows",
        patterns=(5, 7),
        rule="accumulators",
        judge=spoilt("norm", bias=one(operator("norm").bias, (1 << 63) - 1)),
    ),
    Cheat(
        name="an RMS norm whose sum overflows",
        patterns=(5, 7),
        rule="accumulators",
        judge=spoilt("normalised", bias=one(operator("normalised").bias, (1 << 63) - 1)),
    ),
    Cheat(
        name="a BiasNorm whose variance overflows",
        patterns=(5, 7),
        rule="accumulators",
        judge=spoilt("balanced", epsilon=1 << 62),
    ),
    Cheat(
        name="a BiasNorm whose sum overflows where its variance is least",
        patterns=(5, 7),
        rule="accumulators",
        judge=spoilt("balanced", bias=one(operator("balanced").bias, (1 << 63) - (1 << 26)), epsilon=1),
    ),
    Cheat(
        name="a norm whose result is its bias",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("norm", shift=np.full(CHANNELS, 47), multiplier=np.full(CHANNELS, 1 << 15)),
        alone=False,
    ),
    Cheat(
        name="a BiasNorm that an epsilon silences",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("balanced", epsilon=1 << 60, program=up_to("balanced")),
        alone=False,
    ),
)

HONEST: tuple[Honest, ...] = ()
