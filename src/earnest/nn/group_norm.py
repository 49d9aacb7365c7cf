"""Group norm over time (E25)."""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.group_norm import GroupNorm as GroupNormLaw
from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.numerics.norm import group_epsilon, group_pre_shift, norm_constants, smallest_group_scale


class GroupNorm(Twin):
    """E25 over groups of channels and all positions; `largest` is how many codes a group has at the greatest length."""

    kind: ClassVar[str] = "group_norm"

    def __init__(
        self,
        operands: Sequence[Edge],
        output: Edge,
        *,
        weight: nn.Parameter,
        bias: nn.Parameter,
        epsilon: float,
        groups: int,
        largest: int,
    ) -> None:
        super().__init__(operands, output)
        self.weight, self.bias, self.epsilon, self.groups = weight, bias, epsilon, groups
        self.pre_shift = group_pre_shift(operands[0].bits, largest)
        operands[0].require_scale_(smallest_group_scale(epsilon) / (1 << self.pre_shift))

    def trainable(self) -> tuple[Tensor, ...]:
        """Gain and bias."""
        return (self.weight, self.bias)

    def build(self) -> GroupNormLaw:
        """The law's group norm; eps is in squares of the codes after the pre-shift."""
        grid, output = self.operands[0].grid, self.output.grid
        gain, bias = (parameter.detach().cpu().double().numpy() for parameter in self.trainable())
        multiplier, shift, units = norm_constants(gain, bias, output)
        epsilon, epsilon_shift = group_epsilon(self.epsilon, grid.scale * (1 << self.pre_shift))
        return GroupNormLaw(
            multiplier=multiplier,
            shift=shift,
            bias=units,
            groups=self.groups,
            pre_shift=self.pre_shift,
            epsilon=epsilon,
            epsilon_shift=epsilon_shift,
            input_bits=grid.bits,
            zero_point=output.zero_point,
            bits=output.bits,
            signed=output.signed,
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's group norm."""
        del symbols
        weight, bias = parameters
        return functional.group_norm(inputs[0], self.groups, weight, bias, self.epsilon)

    def extra_repr(self) -> str:
        """Size and widths."""
        return f"{self.weight.shape[0]} in {self.groups}, {super().extra_repr()}"
