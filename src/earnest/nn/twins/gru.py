"""Gated recurrent unit (E30)."""

from typing import final

import torch
from torch import Tensor

from earnest.integer.law.gru import GatedRecurrentUnit as GatedRecurrentUnitLaw
from earnest.nn.twins.recurrence import Recurrence
from earnest.numerics.recurrence import GATE


@final
class GatedRecurrentUnit(Recurrence):
    """E30."""

    law_class = GatedRecurrentUnitLaw
    hidden = GATE.scale

    def torch(self, x: Tensor, zeros: Tensor, parameters: list[Tensor], *, has_biases: bool) -> Tensor:
        """torch's GRU."""
        settings = (has_biases, 1, 0.0, False, False, True)
        return torch.gru(x, zeros, parameters, *settings)[0]
