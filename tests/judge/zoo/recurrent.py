"""Recurrences that are not what they say, among the operators of a program."""

import numpy as np
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.dishonest import one, operator, up_to
from tests.judge.zoo.planting import spoilt

CHEATS = (
    Cheat(
        name="a gate below 0",
        patterns=(3,),
        rule="constants",
        judge=spoilt("lstm", sigmoid=one(operator("lstm").sigmoid, -1)),
    ),
    Cheat(
        name="a layer in the table of a gate",
        patterns=(3,),
        rule="constants",
        judge=spoilt("gru", tanh=np.arange(1 << 16) << 7),
    ),
    Cheat(
        name="a hidden state of 4 bits that is read as 8",
        patterns=(22,),
        rule="claimed-widths",
        judge=spoilt("lstm", bits=4),
    ),
    Cheat(
        name="a recurrence of 8 bits",
        patterns=(2,),
        rule="claimed-widths",
        judge=spoilt("cell arguments", bits=8),
        alone=False,
    ),
    Cheat(
        name="a scale of 31 bits hidden behind a cell",
        patterns=(4,),
        rule="multipliers",
        judge=spoilt("lstm", output_multiplier=(1 << 30) + 12345),
    ),
    Cheat(
        name="a recurrence whose sums overflow",
        patterns=(7,),
        rule="accumulators",
        judge=spoilt("gru", bias=one(operator("gru").bias, (1 << 31) - 1)),
    ),
    Cheat(
        name="a recurrence with a gate too few",
        patterns=(),
        rule="shapes",
        judge=spoilt("lstm", weight=operator("lstm").weight[:12]),
        alone=False,
    ),
    Cheat(
        name="a recurrence that has one answer",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("gru", tanh=np.zeros(513, np.int64), program=up_to("gru")),
        alone=False,
    ),
    Cheat(
        name="what is remembered is rounded away",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("lstm", output_shift=47, program=up_to("lstm")),
        alone=False,
    ),
)

HONEST: tuple[Honest, ...] = ()
