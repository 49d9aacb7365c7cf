"""A small decoder by hand: tokens with positions, attention to earlier tokens, attention to the audio, a head."""

from dataclasses import replace
from functools import cache

import numpy as np
from tests.integer.every_operator import CHANNELS, EIGHT, HEADS, ROW_FIELDS, linear, product, weighted

from earnest.integer.dimension import TIME, TOKENS, Dimension
from earnest.integer.law.add import Add
from earnest.integer.law.constant import Constant
from earnest.integer.law.embedding import Embedding
from earnest.integer.law.operator import Operator
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.transpose import Transpose
from earnest.integer.program.program import INPUT, Input, Program, Step

MOST_TIME, MOST_TOKENS, CLASSES = 19, 12, 30
Steps = list[tuple[str, Operator, tuple[str, ...]]]


def rows_of_tokens() -> Embedding:
    """A row for each token, over the whole range of the result."""
    found = weighted(CLASSES, CHANNELS)
    found["shift"] = np.full(CLASSES, 15, dtype=np.uint8)
    return Embedding(**{name: found[name] for name in ROW_FIELDS}, **EIGHT)


def softmax(*, masked: bool) -> Softmax:
    """Tables of two parts of 8 bits."""
    fall = np.floor(32767 * 0.97 ** np.arange(256)).astype(np.uint16)
    fine = np.floor(32768 * 0.9999 ** np.arange(256)).astype(np.uint16)
    return Softmax(coarse=fall, fine=fine, input_bits=16, fine_bits=8, masked=masked)


def heads(name: str, source: str, length: Dimension, order: tuple[int, ...]) -> Steps:
    """A projection in heads."""
    return [
        (f"{name}.linear", linear(CHANNELS, CHANNELS), (source,)),
        (f"{name}.heads", Reshape(shape=(1, length, HEADS, CHANNELS // HEADS)), (f"{name}.linear",)),
        (name, Transpose(order=order), (f"{name}.heads",)),
    ]


def attention(name: str, source: str, keys: str, length: Dimension, *, masked: bool) -> Steps:
    """Queries from one value, keys and values from another, and the sum with the first."""
    total = Add(zero_points=(3, 3), multipliers=(40000, 50000), shift=16, **EIGHT)
    return [
        *heads(f"{name}.q", source, TOKENS, (0, 2, 1, 3)),
        *heads(f"{name}.k", keys, length, (0, 2, 3, 1)),
        *heads(f"{name}.v", keys, length, (0, 2, 1, 3)),
        (f"{name}.scores", product(8, 8, 40000, 18, bits=16, zero_point=0), (f"{name}.q", f"{name}.k")),
        (f"{name}.softmax", softmax(masked=masked), (f"{name}.scores",)),
        (f"{name}.context", product(16, 8, 40000, 31), (f"{name}.softmax", f"{name}.v")),
        (f"{name}.turned", Transpose(order=(0, 2, 1, 3)), (f"{name}.context",)),
        (f"{name}.joined", Reshape(shape=(1, TOKENS, CHANNELS)), (f"{name}.turned",)),
        (f"{name}.sum", total, (source, f"{name}.joined")),
    ]


def reading_tokens(steps: Steps) -> Program:
    """A program of the audio and tokens, which makes `logits`."""
    audio = Input.whole(bits=8, signed=True, shape=(1, TIME, CHANNELS), shortest=2, longest=MOST_TIME)
    reads = replace(
        Input.whole(bits=16, signed=False, shape=(1, TOKENS), shortest=1, longest=MOST_TOKENS, name=TOKENS),
        high=CLASSES - 1,
    )
    return Program(
        target="int8x16",
        inputs=(audio, reads),
        steps=tuple(Step(name=name, operator=operator, inputs=inputs) for name, operator, inputs in steps),
        output="logits",
        description={},
    )


def codes_of(time: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Some audio, and tokens."""
    rng = np.random.default_rng(seed)
    return (
        rng.integers(-128, 128, (1, time, CHANNELS)).astype(np.int8),
        rng.integers(0, CLASSES, (1, count)).astype(np.uint16),
    )


@cache
def small_decoder() -> Program:
    """The whole of it, without a description."""
    codes = np.random.default_rng(3).integers(-128, 128, (1, MOST_TOKENS, CHANNELS)).astype(np.int8)
    total = Add(zero_points=(3, 0), multipliers=(40000, 50000), shift=16, **EIGHT)
    steps: Steps = [
        ("rows", rows_of_tokens(), (TOKENS,)),
        ("positions", Constant(codes=codes, bits=8), ()),
        ("here", Slice(axis=1, start=0, stop=TOKENS, step=1), ("positions",)),
        ("x", total, ("rows", "here")),
        *attention("own", "x", "x", TOKENS, masked=True),
        *attention("audio", "own.sum", INPUT, TIME, masked=False),
        ("logits", linear(CLASSES, CHANNELS, bits=16), ("audio.sum",)),
    ]
    return reading_tokens(steps)
