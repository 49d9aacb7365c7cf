"""Group norm over time (E25)."""

from collections.abc import Sequence
from typing import Any, final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.group_norm import GroupNorm as GroupNormLaw
from earnest.nn.edge import Edge
from earnest.nn.twins.norm import Norm
from earnest.numerics.norm import group_epsilon, group_pre_shift, smallest_group_scale


@final
class GroupNorm(Norm):
    """E25 over groups of channels and all positions; `largest` is how many codes a group has at the greatest length."""

    law_class = GroupNormLaw

    def __init__(self, operands: Sequence[Edge], output: Edge, *, groups: int, largest: int, **norm: Any) -> None:
        super().__init__(operands, output, **norm)
        self.groups = groups
        self.pre_shift = group_pre_shift(operands[0].bits, largest)
        operands[0].require_scale_(smallest_group_scale(self.epsilon) / (1 << self.pre_shift))

    def build(self) -> GroupNormLaw:
        """The law's group norm; eps is in squares of the codes after the pre-shift."""
        epsilon, epsilon_shift = group_epsilon(self.epsilon, self.operands[0].grid.scale * (1 << self.pre_shift))
        return GroupNormLaw(
            groups=self.groups,
            pre_shift=self.pre_shift,
            epsilon=epsilon,
            epsilon_shift=epsilon_shift,
            **self.common(),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's group norm."""
        del symbols
        weight, bias = parameters
        return functional.group_norm(inputs[0], self.groups, weight, bias, self.epsilon)

    def extra_repr(self) -> str:
        """Size and widths."""
        return f"{self.weight.shape[0]} in {self.groups}, {super().extra_repr()}"
