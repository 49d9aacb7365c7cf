"""Weight codes: what the twins with weights have in common (E10, E11, E26)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from earnest.integer.codes import weight_limit
from earnest.nn.edge import Edge
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.numerics.weight import nearest_map, spread_steps, weight_codes, weight_maps


class WeightCodes(Twin):
    """A twin with a weight. `weight_range` names how the scales are chosen, once, from the float weight; `weight_map`
    "either" takes the map of less squared error, and leaves methods the choice. `weight_group` is how many weights
    share a multiplier; 0, or more than a row has: the whole row, whose multiplier is 1.
    """

    weight_scale: Tensor
    group_multiplier: Tensor

    def __init__(
        self,
        operands: Sequence[Edge],
        output: Edge,
        *,
        weight: nn.Parameter,
        weight_bits: int,
        weight_map: str,
        weight_range: str,
        weight_group: int,
    ) -> None:
        super().__init__(operands, output)
        self.weight = weight
        self.weight_bits, self.weight_maps = weight_bits, weight_maps(weight_map, weight_bits)
        self.weight_range = weight_range
        depth = weight[0].numel()
        self.weight_group = min(weight_group or depth, depth)
        self.register_buffer("weight_scale", torch.zeros(len(weight), dtype=torch.float64))
        multipliers = torch.ones((len(weight), -(-depth // self.weight_group)), dtype=torch.uint8)
        self.register_buffer("group_multiplier", multipliers)
        self.choose_levels_()

    @classmethod
    def given(cls, site: Site) -> dict[str, Any]:
        """The weight too, and what the recipe says of it."""
        return {**super().given(site), **site.weights}

    def choose_levels_(self) -> None:
        """Map, scales and multipliers from the weight as it is."""
        self.weight_map, steps = nearest_map(
            numpy_of(self.weight),
            bits=self.weight_bits,
            weight_maps=self.weight_maps,
            method=self.weight_range,
            group=self.weight_group,
        )
        self.weight_scale.copy_(torch.from_numpy(steps.scale))
        self.group_multiplier.copy_(torch.from_numpy(steps.multiplier))

    def trainable(self) -> tuple[Tensor, ...]:
        """The weight."""
        return (self.weight,)

    def quantized(self) -> tuple[Tensor, ...]:
        """The weight at its codes, and all other parameters; the gradient is 0 where a weight is beyond what rounds to
        the largest code.
        """
        step = torch.from_numpy(self.steps()).to(self.weight.device)
        codes = torch.from_numpy(self.law().weight).to(self.weight.device)  # type: ignore[attr-defined]
        half_step = 1.0 if self.weight_map == "odd" else 0.5
        limit = step * (weight_limit(self.weight_bits, self.weight_map) + half_step)
        passed = torch.where(self.weight.detach().abs() < limit, self.weight, self.weight.detach())
        value = (codes * step).to(self.weight.dtype) + (passed - passed.detach())
        return (value, *self.trainable()[1:])

    def effective_scale(self) -> Float64[Tensor, " out"]:
        """Scale of each row, raised where a row is nearly dead."""
        raise NotImplementedError

    def steps(self) -> Float64[np.ndarray, "out ..."]:
        """The real value of code 1 of each weight."""
        scale, multiplier = self.effective_scale().cpu().numpy(), self.group_multiplier.cpu().numpy()
        return spread_steps(scale, multiplier, self.weight_group, self.weight.shape)

    def coded(self) -> dict[str, Any]:
        """The fields of the law that say what the weights are."""
        codes = weight_codes(numpy_of(self.weight), self.steps(), bits=self.weight_bits, weight_map=self.weight_map)
        return {
            "weight": codes,
            "group_multiplier": self.group_multiplier.cpu().numpy(),
            "weight_bits": self.weight_bits,
            "weight_map": self.weight_map,
            "weight_group": self.weight_group,
        }

    def extra_repr(self) -> str:
        """Sizes and widths."""
        return f"{self.weight.shape[1]} -> {self.weight.shape[0]}, {self.width()}, {super().extra_repr()}"

    def width(self) -> str:
        """Bits of a weight, and what shares a multiplier."""
        grouped = self.group_multiplier.shape[1] > 1
        return f"w{self.weight_bits} per {self.weight_group}" if grouped else f"w{self.weight_bits} per channel"


def numpy_of(parameter: Float[Tensor, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The values of a parameter."""
    return parameter.detach().cpu().numpy()
