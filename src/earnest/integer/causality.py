"""Causality: where the tokens are in every value of a decoder, and that nothing at one token depends on a later one.

Each operator is looked at by its own rule; what has none is refused. A value either holds a row for each token, or
scores of every token against every token, of which softmax under the causal mask leaves those of the tokens before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from earnest.errors import ProgramError
from earnest.integer.dimension import Dimension, evaluate, symbols_of
from earnest.integer.layout import Reshape, Slice
from earnest.integer.matmul import MatMul
from earnest.integer.operator import Operator
from earnest.integer.program import TOKENS, Step
from earnest.integer.recurrence import Recurrence
from earnest.integer.softmax import WeightedMean

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A row for each token; `axis` counts the tokens, from the end: -1 is the last."""

    axis: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Every token against every token, on the last two axes; `masked` once no token sees a later one."""

    masked: bool


Place = Rows | Scores | None
"""None: the value does not depend on the tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A step, where the tokens are in what it reads, the shapes of that at the shortest that is heard and at the
    longest, and the lengths at the shortest. `rows` is what tokens are called: frames are looked at in that way too.
    """

    step: Step
    places: Sequence[Place]
    shapes: Sequence[Shape]
    longest: Sequence[Shape]
    symbols: dict[str, int]
    rows: str = TOKENS

    def refuse(self, why: str) -> ProgramError:
        """The error for what cannot be run row by row."""
        what = f"{why}, so that {TOKENS} cannot be run one by one".replace(TOKENS, self.rows)
        return ProgramError(f"{self.step.name}: {self.step.operator.kind}: {what}")


def place_of(reading: Reading) -> Place:
    """Where the tokens are in the result of a step; ProgramError if it may depend on later ones."""
    kind = reading.step.operator.kind
    if all(place is None for place in reading.places) and not _counts_tokens(reading):
        return None
    if kind not in _RULES:
        raise reading.refuse("reads more than one token")
    return _RULES[kind](reading, reading.step.operator)


def remembered(reading: Reading) -> tuple[int, int] | None:
    """The operand that holds tokens which are to be kept, and their axis from the end, if there is one: the second of a
    product, the only one of a recurrence.
    """
    if not isinstance(reading.step.operator, Recurrence | MatMul | WeightedMean):
        return None
    last = reading.places[-1]
    return (len(reading.places) - 1, last.axis) if isinstance(last, Rows) else None


def counts(operator: Operator, symbol: str) -> bool:
    """Whether an operator depends on a length."""
    dimensions: tuple[Dimension, ...] = ()
    if isinstance(operator, Reshape):
        dimensions = operator.shape
    elif isinstance(operator, Slice):
        dimensions = (operator.start, operator.stop)
    return any(symbol in symbols_of(dimension) for dimension in dimensions)


def _counts_tokens(reading: Reading) -> bool:
    return counts(reading.step.operator, TOKENS)


def _same_rows(reading: Reading) -> Rows | Scores:
    """The place that all operands with tokens have."""
    found = {place for place in reading.places if place is not None}
    if len(found) != 1:
        raise reading.refuse("reads tokens on different axes")
    return found.pop()


def _by_row(reading: Reading, operator: Any) -> Place:
    """Operators over the last axis."""
    del operator
    place = _same_rows(reading)
    if not isinstance(place, Rows) or place.axis == -1:
        raise reading.refuse("goes over the tokens")
    return place


def _by_code(reading: Reading, operator: Any) -> Place:
    """Operators that make each code from codes in the same place; what has no tokens says the same to all of them."""
    del operator
    place = _same_rows(reading)
    if isinstance(place, Scores) and place.masked:
        raise reading.refuse("changes probabilities")
    axes = (place.axis,) if isinstance(place, Rows) else (-2, -1)
    for index, found in enumerate(reading.places):
        shapes = () if found is not None else (reading.shapes[index], reading.longest[index])
        if any(len(shape) >= -axis and shape[axis] != 1 for shape in shapes for axis in axes):
            raise reading.refuse("reads something else for each of the tokens")
    return place


def _embedding(reading: Reading, operator: Any) -> Place:
    place = _by_code(reading, operator)
    if not isinstance(place, Rows):
        raise reading.refuse("reads scores")
    return Rows(axis=place.axis - 1)


def _recurrence(reading: Reading, operator: Any) -> Place:
    """A recurrence over the tokens, from the first on."""
    place = _same_rows(reading)
    if place != Rows(axis=-2):
        raise reading.refuse("goes over the tokens")
    if operator.reverse:
        raise reading.refuse("comes from the last token")
    return place


def _softmax(reading: Reading, operator: Any) -> Place:
    (place,) = reading.places
    if isinstance(place, Scores) and operator.masked:
        return Scores(masked=True)
    if operator.masked:
        raise reading.refuse("masks what is no score of tokens")
    return _by_row(reading, operator)


def _product(reading: Reading, operator: Any) -> Place:
    del operator
    left, right = reading.places
    if isinstance(left, Rows) and left.axis == -2 and right is None:
        return left
    if left == Rows(axis=-2) and right == Rows(axis=-1):
        return Scores(masked=False)
    if left == Scores(masked=True) and right == Rows(axis=-2):
        return Rows(axis=-2)
    raise reading.refuse("sums over tokens without a causal mask")


def _glu(reading: Reading, operator: Any) -> Place:
    place = _same_rows(reading)
    if not isinstance(place, Rows) or operator.axis == place.axis + len(reading.shapes[0]):
        raise reading.refuse("goes over the tokens")
    return place


def _transpose(reading: Reading, operator: Any) -> Place:
    place, order = _same_rows(reading), operator.order
    rank = len(order)
    if isinstance(place, Rows):
        return Rows(axis=order.index(place.axis + rank) - rank)
    if order[-2:] != (rank - 2, rank - 1):
        raise reading.refuse("turns scores")
    return place


def _reshape(reading: Reading, operator: Any) -> Place:
    """The tokens stay an axis of their own, with as many codes before it."""
    place, shape = _same_rows(reading), [_without_ones(extent) for extent in operator.shape]
    single = [index for index, extent in enumerate(shape) if extent == TOKENS]
    others = [extent for extent in shape if extent != TOKENS and TOKENS in symbols_of(extent)]
    if not isinstance(place, Rows) or len(single) != 1 or others:
        raise reading.refuse("mixes the tokens with other axes")
    before = reading.shapes[0][: place.axis]
    if prod(evaluate(extent, reading.symbols) for extent in shape[: single[0]]) != prod(before):
        raise reading.refuse("mixes the tokens with other axes")
    return Rows(axis=single[0] - len(shape))


def _without_ones(extent: Dimension) -> Dimension:
    """The same extent, without factors of 1: those of one utterance."""
    if not isinstance(extent, tuple) or extent[0] != "*":
        return extent
    factors = [factor for factor in extent[1:] if factor != 1]
    return factors[0] if len(factors) == 1 else extent


def _slice(reading: Reading, operator: Any) -> Place:
    """Part of another axis; or of a table of positions, as many as there are tokens."""
    (place,), axis = reading.places, operator.axis - len(reading.shapes[0])
    if place is None and operator.start == 0 and operator.step == 1:
        stop = operator.stop
        if stop in (TOKENS, ("+", 0, TOKENS)):
            return Rows(axis=axis)
    if not isinstance(place, Rows) or axis == place.axis or _counts_tokens(reading):
        raise reading.refuse("takes part of the tokens")
    return place


def _pad(reading: Reading, operator: Any) -> Place:
    place = _same_rows(reading)
    if not isinstance(place, Rows) or operator.before[place.axis] or operator.after[place.axis]:
        raise reading.refuse("puts codes before or behind the tokens")
    return place


def _concat(reading: Reading, operator: Any) -> Place:
    place = _same_rows(reading)
    along = operator.axis - len(reading.shapes[0])
    if not isinstance(place, Rows) or None in reading.places or along == place.axis:
        raise reading.refuse("puts codes before or behind the tokens")
    return place


_RULES: dict[str, Callable[[Reading, Any], Place]] = {
    "linear": _by_row,
    "layer_norm": _by_row,
    "rms_norm": _by_row,
    "embedding": _embedding,
    "lstm": _recurrence,
    "gru": _recurrence,
    "add": _by_code,
    "mul": _by_code,
    "table": _by_code,
    "interpolated_table": _by_code,
    "glu": _glu,
    "softmax": _softmax,
    "exponential": _softmax,
    "matmul": _product,
    "weighted_mean": _product,
    "transpose": _transpose,
    "reshape": _reshape,
    "slice": _slice,
    "pad": _pad,
    "concat": _concat,
}
