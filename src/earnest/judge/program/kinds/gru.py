"""GRU (E30): a mean of tangents."""

from earnest.judge.program.recurrence import recurrence

KIND = recurrence(gates=3, factor=1)
