"""A model with a recurrence of torch."""

from collections.abc import Callable
from typing import Any

import torch
from tests.swapping.modules import FEATURES
from torch import Tensor, nn

UNITS = 9


KINDS = {"lstm": nn.LSTM, "gru": nn.GRU}


class Remembering(nn.Module):
    """A recurrence whose weights are `gain` times those of torch, what a test reads of it, and a head."""

    def __init__(
        self, kind: str, read: Callable[[nn.Module, Tensor], Tensor] | None = None, gain: float = 2.0, **form: Any
    ) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.memory, self.read = KINDS[kind](FEATURES, UNITS, **form), read or (lambda memory, x: memory(x)[0])
        with torch.no_grad():
            for parameter in self.memory.parameters():
                parameter *= gain
        width = form.get("proj_size") or UNITS
        self.head = nn.Linear(width * (2 if self.memory.bidirectional else 1), 5)

    def forward(self, x: Tensor) -> Tensor:
        """Logits for each step of [batch, time, features]."""
        if self.memory.batch_first:
            return self.head(self.read(self.memory, x))
        return self.head(self.read(self.memory, x.transpose(0, 1)).transpose(0, 1))
