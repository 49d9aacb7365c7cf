"""Rulers: by which levels one recipe rounds weights that it may share with others, and by which grids edges; learned.

    w~ = codes(v R / R') m s exp(r)        v a weight as a share of R; s the step of its row when training began, r
                                           learned
    m  = clip(floor(m0 exp(u) + 1/2), 1, most)
                                           the multiplier of its group: m0 when training began, u learned
    x~ = s exp(e) (codes(x) - z)           the same of the edges of up to 8 bits
    z  = clip(floor(z0 + 2^bits t + 1/2), low, high)
                                           the zero point of an edge: z0 when training began, t learned; where it is
                                           pinned to 0, it stays

R' is what the largest code of a weight stood for when training began, and R the same by the first ruler, which so has
R = R'. Wider edges are not rounded while training: what 16 bits add there is far below what 8 bits
add.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from earnest.integer.codes import weight_limit
from earnest.methods.learned_steps import Coded, WholeNumbers, share_codes
from earnest.methods.rounding import own_weights
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel, edges
from earnest.nn.weighted import Weighted
from earnest.numerics.grid import Grid
from earnest.numerics.weight import largest_multiplier

WIDEST = 8
"""Bits of the edges whose rounding is trained."""


class Ruler(nn.Module):
    """The weights are known by their numbers in `own_weights`. It holds parameters and buffers only."""

    widths: Tensor
    edge_scales: Tensor
    """Of all edges that are calibrated."""
    edge_grids: Tensor
    rounded: Tensor
    """Which of them are learned, as `edges` and `edge_zeros` are."""
    zero_ends: Tensor
    edges: nn.Parameter
    edge_zeros: nn.Parameter

    def __init__(self, model: TwinModel) -> None:
        super().__init__()
        twins = own_weights(model)
        self.reaches = nn.ParameterList(torch.zeros(len(twin.weight)) for twin in twins)
        self.group_reaches = nn.ParameterDict(
            {str(n): torch.zeros(one.group_multiplier.shape) for n, one in enumerate(twins) if _grouped(one)}
        )
        for number, twin in enumerate(twins):
            self.register_buffer(f"scale_{number}", torch.zeros_like(twin.weight_scale))
            self.register_buffer(f"multiplier_{number}", torch.zeros_like(twin.group_multiplier))
            self.register_buffer(f"odd_{number}", torch.tensor(False))  # noqa: FBT003
            self.begin_(number, twin)
        self.register_buffer("widths", torch.tensor([(twin.weight_bits, twin.weight_group) for twin in twins]))
        every = calibrated_edges(model)
        self.register_buffer("edge_scales", torch.stack([edge.scale for edge in every]))
        self.register_buffer("edge_grids", torch.tensor([_grid(edge) for edge in every]))
        rounded = [number for number, edge in enumerate(every) if edge.bits <= WIDEST]
        self.register_buffer("rounded", torch.tensor(rounded), persistent=False)
        ends = [(0, 0) if every[number].symmetric else every[number].codes for number in rounded]
        self.register_buffer("zero_ends", torch.tensor(ends, dtype=torch.float32), persistent=False)
        self.edges = nn.Parameter(torch.zeros(len(rounded)))
        self.edge_zeros = nn.Parameter(torch.zeros(len(rounded)))

    def begin_(self, number: int, twin: Weighted) -> None:
        """Start at the levels of a weight."""
        self.get_buffer(f"scale_{number}").copy_(twin.effective_scale())
        self.get_buffer(f"multiplier_{number}").copy_(twin.group_multiplier)
        self.get_buffer(f"odd_{number}").fill_(twin.weight_map == "odd")

    def of_same_widths(self, widths: Tensor) -> list[bool]:
        """Which weights have these widths and groups, [weights, 2]."""
        return (self.widths == widths).all(dim=1).tolist()

    @torch.no_grad()
    def take_up_(self, learnt: Mapping[str, Tensor]) -> None:
        """Start from the state of another ruler: the levels of weights of its widths, the grids of edges of its
        widths.
        """
        own = self.state_dict()
        for number, stays in enumerate(self.of_same_widths(learnt["widths"])):
            of_weight = ("scale_{}", "multiplier_{}", "odd_{}", "reaches.{}", "group_reaches.{}")
            for name in (form.format(number) for form in of_weight):
                if stays and name in own:
                    own[name].copy_(learnt[name])
        stays = (self.edge_grids[:, :2] == learnt["edge_grids"][:, :2]).all(dim=1)
        for name, learned in (("edges", self.edges), ("edge_zeros", self.edge_zeros)):
            of_every = self.edge_scales.new_zeros(len(stays), dtype=torch.float32)
            of_every[learnt["edge_grids"][:, 0] <= WIDEST] = learnt[name]
            learned.copy_(torch.where(stays[self.rounded], of_every[self.rounded], learned))
        self.edge_scales.copy_(torch.where(stays, learnt["edge_scales"], self.edge_scales))
        self.edge_grids.copy_(torch.where(stays[:, None], learnt["edge_grids"], self.edge_grids))

    def full_scale(self, number: int, twin: Weighted) -> Tensor:
        """What the largest code of each weight stood for when training began, float32."""
        scale, multiplier = (self.get_buffer(f"{name}_{number}").float() for name in ("scale", "multiplier"))
        limit = weight_limit(twin.weight_bits, self.weight_map(number))
        return self._spread(limit * scale[:, None] * multiplier, twin)

    def weight(self, number: int, twin: Weighted, share: Tensor) -> Tensor:
        """A weight at the codes of shares of its range, with gradients for all that is learned."""
        codes = Coded.apply(share, twin.weight_bits, self.weight_map(number))
        row = self.get_buffer(f"scale_{number}").float() * self.reaches[number].exp()
        return codes * self._spread(row[:, None] * self._multiplier(number, twin), twin)

    def edge_steps(self) -> Tensor:
        """The real value of code 1 of each edge that is learned, float32."""
        return self.edge_scales[self.rounded].float() * self.edges.exp()

    def zero_points(self) -> Tensor:
        """The code of 0 of each of them, whole numbers as float32."""
        bits, _signed, zero_point = self.edge_grids[self.rounded].unbind(1)
        least, most = self.zero_ends.unbind(1)
        moved = torch.where(least < most, self.edge_zeros, 0.0)
        return WholeNumbers.apply(zero_point + moved * 2.0**bits, least, most)

    def write_(self, number: int, twin: Weighted, share: Tensor) -> None:
        """Give a twin the levels, and the weight at its codes."""
        weight_map = self.weight_map(number)
        codes = share_codes(share, twin.weight_bits, weight_map).double()
        twin.weight_map = weight_map
        twin.weight_scale.copy_(self.get_buffer(f"scale_{number}") * self.reaches[number].double().exp())
        twin.group_multiplier.copy_(self._multiplier(number, twin))
        twin.weight.copy_(codes * self._spread(twin.weight_scale[:, None] * twin.group_multiplier, twin))

    def write_edges_(self, model: TwinModel) -> None:
        """Give a model the grids of its edges, learned ones and those of calibration."""
        scales, zeros = self.edge_scales.clone(), self.edge_grids[:, 2].clone()
        scales[self.rounded] *= self.edges.double().exp()
        zeros[self.rounded] = self.zero_points().long()
        for edge, scale, zero in zip(calibrated_edges(model), scales.tolist(), zeros.tolist(), strict=True):
            larger = max(scale, edge.smallest_scale * (1 + 2.0**-20))
            edge.set_(Grid(bits=edge.bits, signed=edge.signed, scale=larger, zero_point=zero))

    def weight_map(self, number: int) -> str:
        """The map from bits to codes of a weight."""
        return "odd" if self.get_buffer(f"odd_{number}") else "symmetric"

    @staticmethod
    def _spread(steps: Tensor, twin: Weighted) -> Tensor:
        return spread(steps, twin.weight_group, twin.weight.shape)

    def _multiplier(self, number: int, twin: Weighted) -> Tensor:
        """Of each group of each row, whole numbers as float32; of rows that are one group it is 1."""
        multiplier = self.get_buffer(f"multiplier_{number}").float()
        if not _grouped(twin):
            return multiplier
        least = torch.ones((), device=multiplier.device)
        most = least * largest_multiplier(twin.weight_bits, self.weight_map(number))
        return WholeNumbers.apply(multiplier * self.group_reaches[str(number)].exp(), least, most)


def spread(steps: Tensor, group: int, shape: torch.Size) -> Tensor:
    """What each weight of this shape has of what its row's groups have, [out, groups]."""
    each = steps[:, :, None].expand(-1, -1, group).flatten(1)
    return each[:, : shape[1:].numel()].reshape(shape)


def calibrated_edges(model: TwinModel) -> list[CalibratedEdge]:
    """The edges that calibration gives a grid, each once, in the order of the graph."""
    every: Mapping[Any, None] = dict.fromkeys(edges(model).values())
    return [edge for edge in every if isinstance(edge, CalibratedEdge)]


def rounded_edges(model: TwinModel) -> list[CalibratedEdge]:
    """Those whose grids are trained."""
    return [edge for edge in calibrated_edges(model) if edge.bits <= WIDEST]


def _grouped(twin: Weighted) -> bool:
    """True where groups of a row have multipliers of their own, which may be more than 1."""
    most = max(largest_multiplier(twin.weight_bits, weight_map) for weight_map in twin.weight_maps)
    return twin.group_multiplier.shape[1] > 1 and most > 1


def _grid(edge: CalibratedEdge) -> list[int]:
    return [edge.grid.bits, edge.grid.signed, edge.grid.zero_point]
