"""Recurrences once more in plain Python integers: one unit at a time, from the hidden states made so far."""

from collections.abc import Callable

from tests.integer.oracle import Codes, Constants, Symbols, factors, requantize, shift_round

STATE = {"bits": 16, "signed": True, "zero_point": 0}
"""The result of E3 where it is an argument, and of E16 where it is a gate."""


def _sixteen(a: int) -> int:
    return min(max(a, -(2**15)), 2**15 - 1)


def _at(table: Codes, code: int) -> int:
    """E16 with a result of 16 bits, as a weighted mean of two entries."""
    i, f = divmod(code + 2**15, 128)
    return _sixteen(shift_round((128 - f) * table.at(i) + f * table.at(i + 1), 15))


def _recurrent(c: Constants, x: Codes, unit: Callable[[list[int], list[int], int], tuple[int, int]]) -> Codes:
    """The codes of every step; `unit` makes what is carried and the hidden state of one unit from x, u and what was."""
    (batches, times, rows), w, (_, units) = x.shape, factors(c), c["weight"].shape
    made: dict[tuple[int, int, int], int] = {}
    for batch in range(batches):
        hidden, carried = [c["zero_point"]] * units, [0] * units
        for step in range(times - 1, -1, -1) if c["reverse"] else range(times):
            u = []
            for o in range(rows):
                acc = c["bias"].at(o) + sum(w.at(o, k) * hidden[k] for k in range(units))
                u.append(requantize(acc, c["multiplier"].at(o), c["shift"].at(o), STATE))
            gates = [range(k, rows, units) for k in range(units)]
            new = [
                unit([x.at(batch, step, o) for o in gates[k]], [u[o] for o in gates[k]], carried[k])
                for k in range(units)
            ]
            carried = [state for state, _ in new]
            hidden = [requantize(value, c["output_multiplier"], c["output_shift"], c) for _, value in new]
            made.update({(batch, step, k): code for k, code in enumerate(hidden)})
    return Codes((batches, times, units), [made[index] for index in sorted(made)])


def lstm(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E29, the cell in units of 2^-30 before its one rounding."""

    def unit(x: list[int], u: list[int], cell: int) -> tuple[int, int]:
        a = [_sixteen(sum(pair)) for pair in zip(x, u, strict=True)]
        i, f, o = (_at(c["sigmoid"], a[gate]) for gate in (0, 1, 3))
        cell = _sixteen(shift_round(f * cell * 2**4 + i * _at(c["tanh"], a[2]), 19))
        return cell, o * _at(c["tanh"], cell)

    return _recurrent(c, x, unit)


def gru(c: Constants, x: Codes, symbols: Symbols) -> Codes:
    """E30."""

    def unit(x: list[int], u: list[int], state: int) -> tuple[int, int]:
        r, z = (_at(c["sigmoid"], _sixteen(x[gate] + u[gate])) for gate in (0, 1))
        n = _at(c["tanh"], _sixteen(x[2] + shift_round(r * u[2], 15)))
        new = shift_round(2**15 * n + z * (state - n), 15)
        assert -(2**15) <= new < 2**15, f"a state of {new}"
        return new, new

    return _recurrent(c, x, unit)
