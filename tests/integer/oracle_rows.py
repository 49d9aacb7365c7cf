"""The other half of ORACLES: functions of one code, of rows, and layout; and the table of them all."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.integer import oracle, oracle_recurrent
from tests.integer.oracle import Codes, Constants, Symbols, build, digits, low_code, root, saturate, shift_round


def table(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E15."""
    low = low_code(c["input_bits"], c["input_signed"])
    return Codes(x.shape, [c["table"].at(code - low) for code in x.flat])


def interpolated_table(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E16, the interpolation as a weighted mean of two entries."""

    def value(code: int) -> int:
        i, f = divmod(code + 2**15, 128)
        return saturate(shift_round((128 - f) * c["table"].at(i) + f * c["table"].at(i + 1), 15), c)

    return Codes(x.shape, [value(code) for code in x.flat])


def _rows(x: Codes) -> list[tuple[int, list[int]]]:
    """Each row with its index among the queries."""
    keys = x.shape[-1]
    queries = x.shape[-2] if len(x.shape) > 1 else 1
    return [(r % queries, x.flat[r * keys : (r + 1) * keys]) for r in range(len(x.flat) // keys)]


def _seen(c: Constants, x: Codes, query: int) -> list[bool]:
    keys = x.shape[-1]
    return [not c["masked"] or j - query <= keys - x.shape[-2] for j in range(keys)]


def softmax(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E18."""
    f, result = c["fine_bits"], []
    for query, row in _rows(x):
        seen = _seen(c, x, query)
        top = max(code for code, visible in zip(row, seen, strict=True) if visible)
        e = []
        for code, visible in zip(row, seen, strict=True):
            coarse, fine = divmod(top - code, 2**f) if visible else (0, 0)
            entry = c["coarse"].at(coarse)
            entry = shift_round(entry * c["fine"].at(fine), 15) if f else entry
            e.append(entry if visible else 0)
        reciprocal = 32767 * 2**31 // sum(e)
        result += [shift_round(entry * reciprocal, 31) for entry in e]
    return Codes(x.shape, result)


def exponential(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E19."""
    result = []
    for query, row in _rows(x):
        seen = _seen(c, x, query)
        top = max(code for code, visible in zip(row, seen, strict=True) if visible)
        result += [c["table"].at(top - code) if visible else 0 for code, visible in zip(row, seen, strict=True)]
    return Codes(x.shape, result)


def inverse_root(variance: int) -> tuple[int, int]:
    """r and k of E21."""
    (k,) = [k for k in range(-15, 16) if 2**30 * 4 ** (k + 15) <= variance * 4**15 < 2**32 * 4 ** (k + 15)]
    v = variance * 4**15 // 4 ** (k + 15)
    r = root(2**62 // v)
    assert r * r * v <= 2**62 < (r + 1) ** 2 * v, f"root of {variance}"
    return r, k


def layer_norm(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E21."""
    result = []
    for _, row in _rows(x):
        n, total = len(row), sum(row)
        r, k = inverse_root(n * sum(code * code for code in row) - total * total + c["epsilon"])
        for channel, code in enumerate(row):
            normalised = shift_round((n * code - total) * r, 16 + k)
            scaled = normalised * c["multiplier"].at(channel) + c["bias"].at(channel)
            result.append(saturate(c["zero_point"] + shift_round(scaled, c["shift"].at(channel)), c))
    return Codes(x.shape, result)


def rms_norm(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E28."""
    result = []
    for _, row in _rows(x):
        n, distances = len(row), [code - c["input_zero_point"] for code in row]
        r, k = inverse_root(n * sum(d**2 for d in distances) + c["epsilon"])
        for channel, distance in enumerate(distances):
            scaled = shift_round(n * distance * r, 16 + k) * c["multiplier"].at(channel) + c["bias"].at(channel)
            result.append(saturate(c["zero_point"] + shift_round(scaled, c["shift"].at(channel)), c))
    return Codes(x.shape, result)


def bias_norm(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E31."""
    result = []
    for _, row in _rows(x):
        n = len(row)
        r, k = inverse_root(n * sum((code - c["offset"].at(i)) ** 2 for i, code in enumerate(row)) + c["epsilon"])
        for channel, code in enumerate(row):
            normalised = shift_round(n * (code - c["input_zero_point"]) * r, 16 + k)
            scaled = normalised * c["multiplier"].at(channel) + c["bias"].at(channel)
            result.append(saturate(c["zero_point"] + shift_round(scaled, c["shift"].at(channel)), c))
    return Codes(x.shape, result)


def group_norm(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E25."""
    batches, channels, *around = x.shape
    each, positions = channels // c["groups"], len(x.flat) // (batches * channels)
    p = c["pre_shift"]
    result = []
    for row in range(batches * c["groups"]):
        codes = x.flat[row * each * positions : (row + 1) * each * positions]
        codes = [shift_round(code, p) if p else code for code in codes]
        n, total = len(codes), sum(codes)
        epsilon = max(1, shift_round(n * n * c["epsilon"], c["epsilon_shift"]))
        r, k = inverse_root(n * sum(code * code for code in codes) - total * total + epsilon)
        for place, code in enumerate(codes):
            channel = row % c["groups"] * each + place // positions
            scaled = shift_round((n * code - total) * r, 16 + k) * c["multiplier"].at(channel) + c["bias"].at(channel)
            result.append(saturate(c["zero_point"] + shift_round(scaled, c["shift"].at(channel)), c))
    return Codes((batches, channels, *around), result)


def relative_shift(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E22."""
    length = x.shape[-2]
    return build((*x.shape[:-1], length), lambda *at: x.at(*at[:-1], length - 1 - at[-2] + at[-1]))


def dimension(expression: Any, symbols: Symbols) -> int:
    """The value of a dimension."""
    if isinstance(expression, tuple):
        operation, first, *others = expression
        value = dimension(first, symbols)
        for other in others:
            b = dimension(other, symbols)
            value = {
                "+": lambda a, b: a + b,
                "*": lambda a, b: a * b,
                "//": lambda a, b: (a - a % b) // b,
                "%": lambda a, b: a % b,
                "max": lambda a, b: max(b, a),
                "min": lambda a, b: min(b, a),
            }[operation](value, b)
        return value
    return symbols[expression] if isinstance(expression, str) else expression


def reshape(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E23."""
    return Codes(tuple(dimension(d, symbols) for d in c["shape"]), list(x.flat))


def transpose(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E23."""
    order = c["order"]
    shape = tuple(x.shape[axis] for axis in order)
    return build(shape, lambda *at: x.at(*(at[order.index(axis)] for axis in range(len(order)))))


def slice_(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E23."""
    axis, step = c["axis"], c["step"]
    start, stop = dimension(c["start"], symbols), dimension(c["stop"], symbols)
    count = len(range(start, stop, step))
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    return build(shape, lambda *at: x.at(*at[:axis], start + step * at[axis], *at[axis + 1 :]))


def pad(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E23."""
    before, after = c["before"], c["after"]
    shape = tuple(b + n + a for b, n, a in zip(before, x.shape, after, strict=True))

    def code(*index: int) -> int:
        own = tuple(i - b for i, b in zip(index, before, strict=True))
        inside = all(0 <= i < n for i, n in zip(own, x.shape, strict=True))
        return x.at(*own) if inside else c["zero_point"]

    return build(shape, code)


def concat(c: Constants, *operands: Any) -> Codes:
    """E23."""
    *xs, _symbols = operands
    axis = c["axis"]
    places = [(x, i) for x in xs for i in range(x.shape[axis])]
    shape = (*xs[0].shape[:axis], len(places), *xs[0].shape[axis + 1 :])

    def code(*index: int) -> int:
        x, i = places[index[axis]]
        return x.at(*index[:axis], i, *index[axis + 1 :])

    return build(shape, code)


def constant(c: Constants, symbols: Symbols) -> Codes:
    """E24."""
    return c["codes"]


ORACLES: Mapping[str, Callable[..., Codes]] = {
    "linear": oracle.linear,
    "conv1d": oracle.convolution,
    "conv2d": oracle.convolution,
    "embedding": oracle.embedding,
    "lstm": oracle_recurrent.lstm,
    "gru": oracle_recurrent.gru,
    "matmul": oracle.matmul,
    "add": oracle.add,
    "mul": oracle.mul,
    "table": table,
    "interpolated_table": interpolated_table,
    "glu": oracle.glu,
    "softmax": softmax,
    "exponential": exponential,
    "weighted_mean": oracle.weighted_mean,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "bias_norm": bias_norm,
    "group_norm": group_norm,
    "relative_shift": relative_shift,
    "reshape": reshape,
    "transpose": transpose,
    "slice": slice_,
    "pad": pad,
    "concat": concat,
    "constant": constant,
}

__all__ = ["ORACLES", "digits", "inverse_root"]
