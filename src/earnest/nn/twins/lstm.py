"""Long short-term memory (E29)."""

from typing import final

import torch
from torch import Tensor

from earnest.integer.law.lstm import LongShortTermMemory as LongShortTermMemoryLaw
from earnest.nn.twins.recurrence import Recurrence
from earnest.numerics.recurrence import GATE


@final
class LongShortTermMemory(Recurrence):
    """E29."""

    law_class = LongShortTermMemoryLaw
    hidden = GATE.scale**2

    def torch(self, x: Tensor, zeros: Tensor, parameters: list[Tensor], *, has_biases: bool) -> Tensor:
        """torch's LSTM."""
        settings = (has_biases, 1, 0.0, False, False, True)
        return torch.lstm(x, (zeros, zeros), parameters, *settings)[0]
