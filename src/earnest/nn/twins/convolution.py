"""What convolutions share (E11)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from earnest.integer.law.conv1d import Convolution1d as Convolution1dLaw
from earnest.integer.law.conv2d import Convolution2d as Convolution2dLaw
from earnest.integer.law.operator import Operator
from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.nn.twins.weighted import Weighted


class Convolution(Weighted):
    """E11; `weight` is [out, in / groups, *taps]."""

    law_class: ClassVar[type[Convolution1dLaw] | type[Convolution2dLaw]]

    def __init__(
        self,
        operands: Sequence[Edge],
        output: Edge,
        *,
        strides: tuple[int, ...],
        padding: tuple[int, ...],
        dilations: tuple[int, ...],
        groups: int,
        **weighted: Any,
    ) -> None:
        super().__init__(operands, output, **weighted)
        self.strides, self.padding, self.dilations, self.groups = strides, padding, dilations, groups

    def build(self) -> Operator:
        """The law's convolution."""
        return self.law_class(
            strides=self.strides,
            padding=self.padding,
            dilations=self.dilations,
            groups=self.groups,
            input_zero_point=self.operands[0].grid.zero_point,
            **self.common(),
        )

    def extra_repr(self) -> str:
        """Sizes, taps and widths."""
        out, depth, *taps = self.weight.shape
        size = f"{depth * self.groups} -> {out}, taps {tuple(taps)}, strides {self.strides}, groups {self.groups}"
        return f"{size}, {self.width()}, {Twin.extra_repr(self)}"
