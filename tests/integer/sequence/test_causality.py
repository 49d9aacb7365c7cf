"""Where tokens are in the result of each operator, and what may look at later ones."""

from typing import Any

import pytest
from tests.integer.cases import CASES
from tests.integer.readings import (
    ADD,
    ANY,
    COUNT,
    LINEAR,
    MASKED,
    MATMUL,
    ROW,
    ROWS,
    SCALED,
    SCORES,
    reading,
)
from tests.integer.small_decoder import softmax

from earnest.errors import ProgramError
from earnest.integer.dimension import TOKENS
from earnest.integer.law.concat import Concat
from earnest.integer.law.operators import OPERATORS
from earnest.integer.law.pad import Pad
from earnest.integer.law.places import Place, Reading, Rows
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.transpose import Transpose
from earnest.integer.sequence.causality import place_of, remembered


def concat(axis: int) -> Concat:
    return Concat(axis=axis)


def cut(axis: int, stop: Any, start: Any = 0) -> Slice:
    return Slice(axis=axis, start=start, stop=stop, step=1)


FOUND: dict[str, tuple[Reading, Place]] = {
    "nothing of tokens": (reading(LINEAR, None), None),
    "linear": (reading(LINEAR, ROW), ROW),
    "a row for each token": (reading(ANY["embedding"], Rows(axis=-1)), ROW),
    "a sum": (reading(ADD, ROW, None, shapes=(ROWS, (8,))), ROW),
    "a sum with something for all tokens": (reading(ADD, ROW, None, shapes=(ROWS, (1, 1, 8))), ROW),
    "a sum of both": (reading(ADD, ROW, ROW), ROW),
    "a bias of scores": (reading(ADD, SCALED, None, shapes=(SCORES, (4, 1, 1))), SCALED),
    "queries by the audio": (reading(MATMUL, ROW, None), ROW),
    "queries by keys": (reading(MATMUL, ROW, Rows(axis=-1)), SCALED),
    "a masked softmax": (reading(softmax(masked=True), SCALED), MASKED),
    "a softmax over the audio": (reading(softmax(masked=False), ROW), ROW),
    "probabilities by values": (reading(MATMUL, MASKED, ROW), ROW),
    "keys turned": (reading(Transpose(order=(0, 2, 3, 1)), Rows(axis=-3), shapes=((1, COUNT, 4, 2),)), Rows(axis=-1)),
    "scores left": (reading(Transpose(order=(1, 0, 2, 3)), SCALED), SCALED),
    "heads": (reading(Reshape(shape=(1, TOKENS, 4, 2)), ROW), Rows(axis=-3)),
    "tokens of one utterance": (reading(Reshape(shape=(("*", TOKENS, 1), 8)), ROW), ROW),
    "a table of positions": (reading(cut(1, TOKENS), None), ROW),
    "the same, written otherwise": (reading(cut(1, ("+", 0, TOKENS)), None), ROW),
    "some channels": (reading(cut(2, 4), ROW), ROW),
    "channels filled up": (reading(Pad(before=(0, 0, 1), after=(0, 0, 0), zero_point=0), ROW), ROW),
    "channels behind channels": (reading(concat(2), ROW, ROW), ROW),
    "a recurrence from the first on": (reading(ANY["gru"], ROW), ROW),
}


@pytest.mark.parametrize("name", FOUND)
def test_where_tokens_are(name: str):
    read, place = FOUND[name]
    assert place_of(read) == place


REFUSED: dict[str, tuple[Reading, str]] = {
    "a sum along the tokens": (reading(LINEAR, Rows(axis=-1)), "goes over the tokens"),
    "an RMS norm of scores": (reading(ANY["rms_norm"], SCALED), "goes over the tokens"),
    "a BiasNorm of scores": (reading(ANY["bias_norm"], SCALED), "goes over the tokens"),
    "a recurrence that runs backward": (reading(ANY["lstm"], ROW), "comes from the last token"),
    "a recurrence of something else": (reading(ANY["lstm"], Rows(axis=-3)), "goes over the tokens"),
    "a norm of scores": (reading(ANY["layer_norm"], SCALED), "goes over the tokens"),
    "a softmax that sees later ones": (reading(softmax(masked=False), SCALED), "goes over the tokens"),
    "a mask on the audio": (reading(softmax(masked=True), ROW), "masks what is no score of tokens"),
    "scores by values": (reading(MATMUL, SCALED, ROW), "sums over tokens without a causal mask"),
    "probabilities by the audio": (reading(MATMUL, MASKED, None), "sums over tokens without a causal mask"),
    "the audio by tokens": (reading(MATMUL, None, ROW), "sums over tokens without a causal mask"),
    "values by values": (reading(MATMUL, ROW, ROW), "sums over tokens without a causal mask"),
    "something else for each": (reading(ADD, ROW, None, shapes=(ROWS, ROWS)), "something else for each of the tokens"),
    "a bias for each key": (reading(ADD, SCALED, None, shapes=(SCORES, (1, COUNT))), "something else for each of"),
    "a bias for each query": (reading(ADD, SCALED, None, shapes=(SCORES, (COUNT, 1))), "something else for each of"),
    "changed probabilities": (reading(ADD, MASKED, None), "changes probabilities"),
    "two axes": (reading(ADD, ROW, Rows(axis=-1)), "reads tokens on different axes"),
    "rows and scores": (reading(ADD, ROW, SCALED), "reads tokens on different axes"),
    "rows of scores": (reading(ANY["embedding"], SCALED), "reads scores"),
    "scores turned": (reading(Transpose(order=(0, 1, 3, 2)), SCALED), "turns scores"),
    "tokens and channels": (reading(Reshape(shape=(1, 8, TOKENS)), ROW), "mixes the tokens with other axes"),
    "one axis for all": (reading(Reshape(shape=(("*", TOKENS, 8),)), ROW), "mixes the tokens with other axes"),
    "tokens twice": (reading(Reshape(shape=(TOKENS, TOKENS, 4)), ROW), "mixes the tokens with other axes"),
    "the first token": (reading(cut(1, 1), ROW), "takes part of the tokens"),
    "channels by tokens": (reading(cut(2, TOKENS), ROW), "takes part of the tokens"),
    "positions from 1 on": (reading(cut(1, ("+", 1, TOKENS), 1), None), "takes part of the tokens"),
    "a code before them": (reading(Pad(before=(0, 1, 0), after=(0, 0, 0), zero_point=0), ROW), "before or behind"),
    "a code behind them": (reading(Pad(before=(0, 0, 0), after=(0, 1, 0), zero_point=0), ROW), "before or behind"),
    "tokens behind tokens": (reading(concat(1), ROW, ROW), "before or behind the tokens"),
    "something else beside them": (reading(concat(2), ROW, None), "before or behind the tokens"),
    "a gate along them": (
        reading(ANY["glu"], Rows(axis=-1), shapes=((1, 5, COUNT),)),
        "goes over the tokens",
    ),
    "shifted scores": (reading(RelativeShift(), SCALED), "reads more than one token"),
    "a convolution": (reading(ANY["conv1d"], Rows(axis=-1)), "reads more than one token"),
    "a group norm": (reading(ANY["group_norm"], ROW), "reads more than one token"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_look_at_later_tokens_is_refused(name: str):
    read, message = REFUSED[name]
    with pytest.raises(ProgramError, match=message):
        place_of(read)


def test_what_is_kept_of_earlier_tokens():
    assert remembered(reading(MATMUL, ROW, Rows(axis=-1))) == (1, -1)
    assert remembered(reading(MATMUL, MASKED, ROW)) == (1, -2)
    assert remembered(reading(ANY["gru"], ROW)) == (0, -2)
    assert remembered(reading(LINEAR, ROW)) is None
    assert remembered(reading(MATMUL, ROW, None)) is None
    assert remembered(reading(ADD, ROW, ROW)) is None


def test_every_operator_that_reads_something_is_looked_at():
    """One that has no rule is refused wherever a token reaches it."""
    seen = {read.operator.kind for read, _ in (*FOUND.values(), *REFUSED.values())}
    alone = {"mul", "table", "interpolated_table", "exponential", "weighted_mean", "conv2d", "constant"}
    assert seen | alone == set(OPERATORS) == set(CASES)
