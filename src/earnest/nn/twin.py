"""Twins: trainable modules whose forward is the law and whose backward is the straight-through gradient.

Forward: codes = law(codes). Backward: the gradient of the float operator at the real values of the codes and of the
quantized weights, 0 where the result saturates [Bengio 2013, arXiv:1308.3432; Jacob 2018, arXiv:1712.05877].
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor, nn

from earnest.errors import NumericsError
from earnest.integer.codes import WEIGHT_CONTAINER
from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator, declared
from earnest.integer.law.weighted import WeightedSums
from earnest.nn.accumulation import TorchAccumulation
from earnest.nn.edge import Edge
from earnest.nn.site import Role, Site
from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import multiplier

ACCUMULATION = TorchAccumulation()


def stored(operator: Operator) -> Operator:
    """The same operator with every constant in the smallest NumPy type of its declared width."""
    arrays = {
        name: np.ascontiguousarray(np.asarray(array), dtype=operator.container(name))
        for name, array in operator.constants().items()
    }
    return replace(operator, **arrays)  # type: ignore[type-var]


def in_torch(operator: Operator, device: torch.device) -> Operator:
    """The same operator with its constants as int64 torch tensors, weights as int8."""
    widths = declared(type(operator))
    arrays = {
        name: torch.from_numpy(
            np.ascontiguousarray(array, dtype=WEIGHT_CONTAINER if widths[name].weight_map is not None else np.int64)
        ).to(device)
        for name, array in operator.constants().items()
    }
    copied = replace(operator, **arrays)  # type: ignore[type-var]
    if isinstance(operator, WeightedSums):
        object.__setattr__(copied, "bound", operator.bound)
    return copied


def requantization(real: float, output: Grid) -> dict[str, Any]:
    """The fields with which an operator brings its sums, `real` of the output's steps each, to the output's grid."""
    mantissa, shift = multiplier(real)
    return {
        "multiplier": mantissa,
        "shift": shift,
        "zero_point": output.zero_point,
        "bits": output.bits,
        "signed": output.signed,
    }


class Twin(nn.Module, ABC):
    """One operator of the captured graph. `operands` are the edges that it reads, `output` the edge that it makes."""

    law_class: ClassVar[type[Any]]
    """The operator of the law that it computes."""
    kind: ClassVar[str]
    """What that is called."""
    captured: ClassVar[str]
    """What a captured operator is called of which this is the twin, or one of its forms."""

    reads: ClassVar[Role] = "activation"
    """The role of a value that it reads."""
    makes: ClassVar[Role | None] = None
    """The role of its result, where that does not depend on who reads it."""
    symmetric: ClassVar[bool] = False
    """Whether it reads values without zero points: one would cost it sums over rows."""
    takes_any_width: ClassVar[bool] = False
    """Whether it has a form for every width that it may read."""
    group_name: ClassVar[str | None] = None
    """The group of all twins of its kind, if they have one."""

    output: Edge

    def __init_subclass__(cls, **settings: Any) -> None:
        """A kind is called as its law; so is the captured operator, unless it has a name of its own."""
        super().__init_subclass__(**settings)
        if "law_class" in cls.__dict__:
            cls.kind = cls.law_class.kind
        if "kind" in cls.__dict__ and not hasattr(cls, "captured"):
            cls.captured = cls.kind

    @classmethod
    def at(cls, site: Site) -> "Twin":
        """The twin of an operator that was captured as this class, in the form that its edges ask for."""
        return cls(site.operands, site.output, **cls.given(site))

    @classmethod
    def given(cls, site: Site) -> dict[str, Any]:
        """What the site says of a twin beside its edges."""
        return {**site.settings, **site.parameters}

    @classmethod
    def operand_edge(cls) -> Edge | None:
        """The edge that it needs to read; None where calibration may choose the grid."""
        return None

    @classmethod
    def output_edge(cls, bits: int) -> Edge | None:
        """The edge of a result of so many bits; None where calibration may choose the grid."""
        del bits
        return None

    @property
    def group(self) -> str:
        """What operators like it are called together, where a model's losses are told apart: the group of its kind, or
        the last name of its path.
        """
        return self.group_name or self.path.rpartition(".")[2].partition("[")[0] or self.kind

    def __init__(self, operands: Sequence[Edge], output: Edge) -> None:
        super().__init__()
        self.operands = tuple(operands)
        if any(output is operand for operand in operands):
            object.__setattr__(self, "output", output)
        else:
            self.output = output
        self.path = ""
        self._law: tuple[object, Operator, Operator] | None = None

    @abstractmethod
    def build(self) -> Operator:
        """The integer operator, from weights and grids, by `numerics`."""

    @abstractmethod
    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The float operator that this twin stands for."""

    def trainable(self) -> tuple[Tensor, ...]:
        """The parameters of `real`, in its order."""
        return ()

    def quantized(self) -> tuple[Tensor, ...]:
        """The same parameters at the real values of their codes, with a straight-through gradient."""
        return self.trainable()

    def law(self) -> Operator:
        """The integer operator with NumPy constants; rebuilt when a weight or a grid has changed."""
        return self._current()[1]

    def _current(self) -> tuple[object, Operator, Operator]:
        tensors = (*self.parameters(recurse=False), *self.buffers(recurse=False))
        edges = (*self.operands, self.output)
        key = (
            tuple((tensor.data_ptr(), tensor._version, tensor.device) for tensor in tensors),
            tuple(edge.version() for edge in edges),
        )
        if self._law is None or self._law[0] != key:
            operator = stored(self._built())
            device = tensors[0].device if tensors else _device_of(edges)
            self._law = (key, operator, in_torch(operator, device))
        return self._law

    def _built(self) -> Operator:
        try:
            return self.build()
        except NumericsError as error:
            raise NumericsError(f"{self.path}: {error}") from error

    def forward(self, *carriers: Float32[Tensor, "..."], symbols: Symbols) -> Float32[Tensor, "..."]:
        """Carriers of the operands' codes to the carrier of the result's."""
        return StraightThrough.apply(self, symbols, len(carriers), *carriers, *self.trainable())

    def run(self, carriers: Sequence[Float32[Tensor, "..."]], symbols: Symbols) -> Float32[Tensor, "..."]:
        """The law on carriers, without a gradient."""
        operator = self._current()[2]
        codes = operator.run([carrier.to(torch.int32) for carrier in carriers], symbols, ACCUMULATION)
        return codes.to(torch.float32)

    def __getstate__(self) -> dict[str, Any]:
        """A copy builds its own law: the versions of copied tensors begin anew, so that an old key could match."""
        return {**self.__dict__, "_law": None}

    def extra_repr(self) -> str:
        """Widths, for `print(model)`."""
        return ", ".join([*(f"in a{edge.bits}" for edge in self.operands), f"out a{self.output.bits}"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"


def _device_of(edges: Sequence[Edge]) -> torch.device:
    buffers = [buffer for edge in edges for buffer in edge.buffers()]
    return buffers[0].device if buffers else torch.device("cpu")


def unsaturated(real: Float[Tensor, "*shape"], grid: Grid) -> Bool[Tensor, "*shape"]:
    """True where the nearest code exists: half a code beyond either end still rounds to it."""
    low, high = grid.range
    return (real >= low - grid.scale / 2) & (real < high + grid.scale / 2)


class StraightThrough(torch.autograd.Function):
    """The law forward, the float operator's gradient backward."""

    @staticmethod
    def forward(ctx: Any, twin: Twin, symbols: Symbols, count: int, *tensors: Tensor) -> Tensor:
        """Codes of the result; the operands and parameters are kept for the gradient."""
        ctx.twin, ctx.symbols, ctx.count = twin, symbols, count
        ctx.save_for_backward(*tensors)
        return twin.run(tensors[:count], symbols)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        """Gradients with respect to the real operands and the float parameters."""
        twin: Twin = ctx.twin
        carriers, needed = ctx.saved_tensors[: ctx.count], ctx.needs_input_grad[3:]
        with torch.enable_grad():
            reals = [
                edge.real(carrier).detach().requires_grad_()
                for edge, carrier in zip(twin.operands, carriers, strict=True)
            ]
            result = twin.real(reals, twin.quantized(), ctx.symbols)
            sources = [*reals, *twin.trainable()]
            wanted = [source for source, need in zip(sources, needed, strict=True) if need]
            inside = unsaturated(result.detach(), twin.output.grid)
            found = iter(torch.autograd.grad(result, wanted, gradients[0] * inside, allow_unused=True))
        return (None, None, None, *(next(found) if need else None for need in needed))
