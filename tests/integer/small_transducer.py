"""A small transducer by hand: rows of the audio, two recurrences over tokens, and their sum through a table to a
head.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from tests.integer.every_operator import CHANNELS, EIGHT, RNG, linear, over_time
from tests.integer.small_decoder import CLASSES, Steps, reading_tokens, rows_of_tokens

from earnest.integer.dimension import TIME, TOKENS
from earnest.integer.law.add import Add
from earnest.integer.law.gru import GatedRecurrentUnit
from earnest.integer.law.lstm import LongShortTermMemory
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.table import Table
from earnest.integer.program.program import INPUT, Program

DURATIONS = (0, 1, 2)


def said() -> Steps:
    """What tokens say, [1, 1, tokens, channels]."""
    to_cells, lstm = over_time(LongShortTermMemory, CHANNELS, 39, reverse=False)
    to_states, gru = over_time(GatedRecurrentUnit, CHANNELS, 24, reverse=False)
    of_rows = replace(linear(4 * CHANNELS, CHANNELS, bits=16, zero_point=0), shift=to_cells.shift)
    of_cells = replace(linear(3 * CHANNELS, CHANNELS, bits=16, zero_point=0), shift=to_states.shift)
    return [
        ("rows", rows_of_tokens(), (TOKENS,)),
        ("cells", of_rows, ("rows",)),
        ("lstm", lstm, ("cells",)),
        ("states", of_cells, ("lstm",)),
        ("gru", gru, ("states",)),
        ("said", Reshape(shape=(1, 1, TOKENS, CHANNELS)), ("gru",)),
    ]


@cache
def small_transducer() -> Program:
    """Logits [1, time, tokens, classes and durations], without a description."""
    total = Add(zero_points=(3, 3), multipliers=(50000, 50000), shift=16, **EIGHT)
    curve = Table(table=RNG.integers(-128, 128, 256).astype(np.int8), input_bits=8, input_signed=True, bits=8)
    steps: Steps = [
        ("audio", linear(CHANNELS, CHANNELS), (INPUT,)),
        ("frames", Reshape(shape=(1, TIME, 1, CHANNELS)), ("audio",)),
        *said(),
        ("sum", total, ("frames", "said")),
        ("curve", curve, ("sum",)),
        ("logits", linear(CLASSES + len(DURATIONS), CHANNELS, bits=16), ("curve",)),
    ]
    return reading_tokens(steps)
