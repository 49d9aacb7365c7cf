"""A specimen: a tiny twin on calibrated edges with its float operator, and what specimens are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from earnest.nn.edge import CalibratedEdge, Edge
from earnest.nn.twin import Twin
from earnest.nn.twins.bias_norm import BiasNorm
from earnest.nn.weight import WeightCodes
from earnest.numerics.grid import Grid

Shape = tuple[int, ...]
PATTERNS = ("random", "lowest", "highest", "near the lowest", "near the highest", "alternating")
SYMBOLS = {"batch": 2, "time": 6}


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A twin, the shapes of its operands, and its float operator; `saturates` if its output clips some results."""

    name: str
    twin: Twin
    shapes: tuple[Shape, ...]
    real: Callable[..., Tensor] | None = None
    saturates: bool = True
    symbols: Mapping[str, int] = field(default_factory=lambda: dict(SYMBOLS))


def edge(
    bits: int = 8, *, scale: float = 0.05, zero_point: int = 0, symmetric: bool = False, name: str = "x"
) -> CalibratedEdge:
    """An edge that has its grid already."""
    calibrated = CalibratedEdge(name, bits=bits, symmetric=symmetric, role="activation", method="extremes", margin=1.0)
    calibrated.set_(Grid(bits=bits, signed=True, scale=scale, zero_point=zero_point))
    return calibrated


def narrow(bits: int, reach: float, zero_point: int | None = None) -> CalibratedEdge:
    """An edge from about -reach to reach, its zero point off the middle where there is room."""
    middle = (-1 if bits < 4 else -3) if zero_point is None else zero_point
    return edge(
        bits, scale=reach / 2 ** (bits - 1), zero_point=max(min(middle, 2 ** (bits - 1) - 1), -(2 ** (bits - 1)))
    )


def carrier(source: Edge, shape: Shape, pattern: str, seed: int = 0) -> Tensor:
    """Codes of an edge in a float32 tensor; one-sided rows are what hides no inexact sum."""
    low, high = source.codes
    generator = np.random.default_rng(seed)
    codes = {
        "random": lambda: generator.integers(low, high + 1, shape),
        "lowest": lambda: np.full(shape, low),
        "highest": lambda: np.full(shape, high),
        "near the lowest": lambda: low + generator.integers(0, 2, shape),
        "near the highest": lambda: high - generator.integers(0, 2, shape),
        "alternating": lambda: np.where(np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2, low, high),
    }[pattern]()
    return torch.from_numpy(codes.astype(np.float32))


def carriers(specimen: Specimen, pattern: str) -> list[Tensor]:
    """One for each operand."""
    pairs = zip(specimen.twin.operands, specimen.shapes, strict=True)
    return [carrier(source, shape, pattern, seed) for seed, (source, shape) in enumerate(pairs, start=1)]


def parameter(*shape: int, spread: float = 1.0, middle: float = 0.0, seed: int = 0) -> nn.Parameter:
    """Normal numbers, the same ones each time."""
    return nn.Parameter(middle + spread * torch.randn(shape, generator=torch.Generator().manual_seed(seed)))


def quantized_parameters(twin: Twin) -> list[tuple[Tensor, Tensor]]:
    """The parameters of a twin as its float operator sees them, in float64, and where their gradient passes."""
    found = [(p.detach().double(), torch.ones(p.shape, dtype=torch.bool)) for p in twin.trainable()]
    if isinstance(twin, WeightCodes):
        weight = found[0][0]
        multiplier = twin.group_multiplier.repeat_interleave(twin.weight_group, dim=1)[:, : weight[0].numel()]
        scale = (twin.weight_scale[:, None] * multiplier).reshape(weight.shape)
        odd = twin.weight_map == "odd"
        limit = 2**twin.weight_bits - 1 if odd else 2 ** (twin.weight_bits - 1) - 1
        all_codes = torch.arange(-limit, limit + 1, 2 if odd else 1, dtype=torch.float64)
        nearest = all_codes[((weight / scale)[..., None] - all_codes).abs().argmin(dim=-1)]
        found[0] = (nearest * scale, (weight / scale).abs() < limit + (1 if odd else 0.5))
    if isinstance(twin, BiasNorm):
        offset, passes = found[1]
        scale = twin.operands[0].grid.scale
        found[1] = ((offset / scale + 0.5).floor() * scale, passes)
    return found


def real_operands(twin: Twin, inputs: list[Tensor]) -> list[Tensor]:
    """Operands in float64 from codes; numerators stand for the share of their row."""
    found = []
    for source, x in zip(twin.operands, inputs, strict=True):
        real = source.grid.scale * (x.detach().double() - source.grid.zero_point)
        found.append(real / real.sum(-1, keepdim=True) if twin.kind == "weighted_mean" and not source.signed else real)
    return found
