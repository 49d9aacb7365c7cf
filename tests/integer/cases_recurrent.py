"""Cases of recurrences: LSTM and GRU."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.integer.case import Case, Value, channels, edges, fill, make, random, value, whole_rows

from earnest.integer.codes import weight_limit
from earnest.integer.law.gru import GatedRecurrentUnit
from earnest.integer.law.lstm import LongShortTermMemory
from earnest.numerics.recurrence import gate_tables

Operator = type[LongShortTermMemory] | type[GatedRecurrentUnit]

SIGMOID, TANH = gate_tables()
STEEP = np.where(np.arange(513) < 256, 0, 32767 << 8)
"""A gate that is open or shut, with one slope between."""

ODD = np.where(np.arange(513) % 2, -(32768 << 8), 32767 << 8)
"""A function that goes from end to end, and beyond what a gate holds between."""

WILD = np.where(np.arange(513) % 2, (1 << 31) - 1, -(1 << 31))
"""The widest entries."""


def constants(weight: Any, **changes: Any) -> dict[str, Any]:
    """Those of a recurrence with a weight [gates * units, units]."""
    weight = np.asarray(weight).astype(np.int8)
    rows, pairs = len(weight), changes.pop("pairs", [(40503, 18), (51234, 19)])
    bias = np.resize(np.asarray(changes.pop("bias", [0, 300, -300])), rows).astype(np.int32)
    settings: dict[str, Any] = {
        **whole_rows(weight),
        **channels(pairs, rows),
        "bias": bias,
        "weight_bits": 8,
        "weight_map": "symmetric",
        "sigmoid": SIGMOID,
        "tanh": TANH,
        "reverse": False,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return {"weight": weight} | settings | changes


def _weight(seed: int, operator: Operator, units: int, bits: int = 8, weight_map: str = "symmetric") -> np.ndarray:
    limit = weight_limit(bits, weight_map)
    shape = (operator.gates * units, units)
    weight = np.random.default_rng(seed).integers(-limit, limit, size=shape, endpoint=True)
    return weight | 1 if weight_map == "odd" else weight


def _cases(operator: Operator, output: dict[str, int]) -> list[Case]:
    gates = operator.gates

    def case(name: str, weight: Any, x: Value, **changes: Any) -> Case:
        return make(name, operator(**constants(weight, **(output | changes))), x)

    def read(*shape: int, bits: int = 14) -> Value:
        """Arguments that gates tell apart: 14 bits of them are -4 to 4."""
        return value(random(shape[1] + bits, shape, bits).codes, 16)

    one = np.resize([127, -127, 127, 1], (gates, 1))
    two, wide = _weight(1, operator, 2), _weight(2, operator, 17)
    full = np.full((gates * 5, 5), 127)
    quiet = value(random(110, (1, 40, gates * 2), 16).codes // 16, 16)
    loud = value(np.where(np.arange(2 * 6 * gates * 2).reshape(2, 6, -1) % 3, 32767, -32768), 16)
    grouped = {"weight_group": 8, "group_multiplier": np.resize([1, 3, 7], (gates * 17, 3)).astype(np.uint8)}
    return [
        case("one unit", one, read(1, 5, gates)),
        case("one unit, backward", one, read(1, 6, gates), reverse=True),
        case("one step", one, read(1, 1, gates)),
        case("two units", two, read(1, 2, gates * 2), zero_point=5),
        case("two batches, backward", two, loud, zero_point=-7, reverse=True),
        case("a gate that is open or shut", one, read(1, 8, gates, bits=13), sigmoid=STEEP),
        case("functions from end to end", one, read(1, 9, gates), tanh=ODD),
        case("16 bits", one, read(1, 4, gates), bits=16, output_shift=output["output_shift"] - 8),
        case("the widest entries", two, loud, sigmoid=np.maximum(WILD, 0), tanh=WILD),
        case("all edges", two, value(fill(edges(16), (2, 40, gates * 2), 5), 16)),
        case("small steps", two, quiet, bias=[0]),
        case("one-sided weights", full, value(np.full((1, 9, gates * 5), 32767), 16), pairs=[(65535, 1)]),
        case("one-sided, negative", -full, value(np.full((1, 9, gates * 5), -32768), 16), zero_point=127),
        case("largest biases", two, loud, bias=[(1 << 31) - 70000, -(1 << 31) + 70000], pairs=[(65535, 29)]),
        case("shifts 1 and 47", two, quiet, pairs=[(65535, 1), (65535, 47), (0, 1)]),
        case("no output", two, quiet, output_multiplier=0, output_shift=1, zero_point=3),
        case("negative output", two, quiet, output_multiplier=-output["output_multiplier"]),
        case("unsigned", two, quiet, signed=False, zero_point=131),
        case("4 bits", two, quiet, bits=4, output_shift=output["output_shift"] + 4, zero_point=-2),
        case("weights of 4 bits", _weight(3, operator, 17, 4), random(111, (1, 7, gates * 17), 16), weight_bits=4),
        case(
            "weights of 2 odd bits",
            _weight(4, operator, 17, 2, "odd"),
            random(112, (1, 7, gates * 17), 16),
            weight_bits=2,
            weight_map="odd",
            pairs=[(40503, 13)],
        ),
        case(
            "groups of weights",
            _weight(5, operator, 17, 4),
            random(113, (1, 7, gates * 17), 16),
            weight_bits=4,
            **grouped,
        ),
        case("random", wide, random(114, (2, 23, gates * 17), 16), zero_point=-3),
        case("random, small arguments", wide, value(random(115, (2, 23, gates * 17), 12).codes, 16), reverse=True),
        case("random, 16 bits", wide, random(116, (2, 9, gates * 17), 16), bits=16, pairs=[(40503, 27)]),
        case("many units", _weight(6, operator, 70), value(random(117, (1, 5, gates * 70), 13).codes, 16)),
    ]


def _of(operator: Operator, real: int) -> Callable[[], list[Case]]:
    """Cases whose hidden state of 1 is about 127: `real` digits of the value before are those of 1."""
    return lambda: _cases(operator, {"output_multiplier": 65011, "output_shift": real + 9})


lstm, gru = _of(LongShortTermMemory, 30), _of(GatedRecurrentUnit, 15)
