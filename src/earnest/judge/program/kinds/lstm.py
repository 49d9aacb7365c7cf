"""LSTM (E29): a gate times the tangent of the cell."""

from earnest.judge.program.recurrence import ONE, recurrence

KIND = recurrence(gates=4, factor=ONE)
