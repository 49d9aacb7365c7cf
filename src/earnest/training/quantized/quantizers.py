"""Trainable quantizers: the levels by which one recipe rounds weights that it may share with others, and the grids of
edges [step sizes learned as in Esser et al. 2020, arXiv:1902.08153].

    w~ = codes(v R / R') m s exp(r)        v a weight as a share of R; s the step of its row when training began, r
                                           learned
    m  = clip(floor(m0 exp(u) + 1/2), 1, most)
                                           the multiplier of its group: m0 when training began, u learned
    x~ = s exp(e) (codes(x) - z)           the same of the edges of up to 8 bits
    z  = clip(floor(z0 + 2^bits t + 1/2), low, high)
                                           the zero point of an edge: z0 when training began, t learned; where it is
                                           pinned to 0, it stays

R' is what the largest code of a weight stood for when training began, and R the same by the first quantizer, which so
has R = R'. Wider edges are not rounded while training: what 16 bits add there is far below what 8 bits add.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor, nn

from earnest.integer.codes import code_range, weight_limit
from earnest.methods.gptq import own_weights
from earnest.methods.learned_steps import Coded, WholeNumbers, share_codes
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel, edges
from earnest.nn.twins.weighted import Weighted
from earnest.numerics.grid import Grid
from earnest.numerics.weight import largest_multiplier

WIDEST = 8
"""Bits of the edges whose rounding is trained."""

LEVELS = ("scale_{}", "multiplier_{}", "odd_{}")
"""Buffers of each weight, by its number in `own_weights`."""

LEARNED_LEVELS = ("reaches.{}", "group_reaches.{}")
"""Parameters of each weight; those of groups only where they may have multipliers of their own."""

OF_EDGES = ("edge_names", "edge_scales", "edge_grids")
"""Buffers of all edges that are calibrated: hashes of their names; their scales; bits, sign, zero point, and whether
that is pinned.
"""


class Quantizer(nn.Module):
    """It holds parameters and buffers only."""

    edge_names: Tensor
    edge_scales: Tensor
    edge_grids: Tensor
    rounded: Tensor
    """The numbers of the edges that are learned, as `edges` and `edge_zeros` are."""
    zero_ends: Tensor

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        """Of what `initial_tensors` gives, or of the state of another one."""
        super().__init__()
        self.formats: list[tuple[int, int]] = [(bits, group) for bits, group in tensors["widths"].tolist()]
        """Bits and group of each weight."""
        numbers = range(len(self.formats))
        grouped = [number for number in numbers if f"group_reaches.{number}" in tensors]
        self.reaches = nn.ParameterList(tensors[f"reaches.{number}"].clone() for number in numbers)
        self.group_reaches = nn.ParameterDict(
            {str(number): tensors[f"group_reaches.{number}"].clone() for number in grouped}
        )
        for name in ("widths", *OF_EDGES, *(form.format(number) for number in numbers for form in LEVELS)):
            self.register_buffer(name, tensors[name].clone())
        rounded = (self.edge_grids[:, 0] <= WIDEST).nonzero()[:, 0]
        self.register_buffer("rounded", rounded, persistent=False)
        ends = [
            (0, 0) if pinned else code_range(bits, signed=bool(signed))
            for bits, signed, _, pinned in self.edge_grids[rounded].tolist()
        ]
        self.register_buffer("zero_ends", torch.tensor(ends, dtype=torch.float32).reshape(-1, 2), persistent=False)
        self.edges = nn.Parameter(tensors["edges"].clone())
        self.edge_zeros = nn.Parameter(tensors["edge_zeros"].clone())

    def full_scale(self, number: int, shape: torch.Size) -> Tensor:
        """What the largest code of each weight stood for when training began, float32."""
        scale, multiplier = (self.get_buffer(f"{name}_{number}").float() for name in ("scale", "multiplier"))
        return self._spread(number, self._limit(number) * scale[:, None] * multiplier, shape)

    def weight(self, number: int, share: Tensor) -> Tensor:
        """A weight at the codes of shares of its range, with gradients for all that is learned."""
        return self._read(number, Coded.apply(share, self.formats[number][0], self.weight_map(number)))

    def unrounded(self, number: int, share: Tensor) -> Tensor:
        """What shares of its range stand for."""
        return self._read(number, share * self._limit(number))

    def edge_steps(self) -> Tensor:
        """The real value of code 1 of each edge that is learned, float32."""
        return self.edge_scales[self.rounded].float() * self.edges.exp()

    def zero_points(self) -> Tensor:
        """The code of 0 of each of them, whole numbers as float32."""
        bits, _signed, zero_point, _pinned = self.edge_grids[self.rounded].unbind(1)
        least, most = self.zero_ends.unbind(1)
        moved = torch.where(least < most, self.edge_zeros, 0.0)
        return WholeNumbers.apply(zero_point + moved * 2.0**bits, least, most)

    def write_(self, number: int, twin: Weighted, share: Tensor) -> None:
        """Give a twin the levels, and the weight at its codes."""
        weight_map = self.weight_map(number)
        codes = share_codes(share, twin.weight_bits, weight_map).double()
        twin.weight_map = weight_map
        twin.weight_scale.copy_(self.get_buffer(f"scale_{number}") * self.reaches[number].double().exp())
        twin.group_multiplier.copy_(self._multiplier(number))
        steps = twin.weight_scale[:, None] * twin.group_multiplier
        twin.weight.copy_(codes * self._spread(number, steps, share.shape))

    def write_edges_(self, model: TwinModel) -> None:
        """Give a model the grids of its edges, learned ones and those of calibration."""
        scales, zeros = self.edge_scales.clone(), self.edge_grids[:, 2].clone()
        scales[self.rounded] *= self.edges.double().exp()
        zeros[self.rounded] = self.zero_points().long()
        for edge, scale, zero in zip(calibrated_edges(model), scales.tolist(), zeros.tolist(), strict=True):
            larger = max(scale, edge.smallest_scale * (1 + 2.0**-20))
            edge.set_(Grid(bits=edge.bits, signed=edge.signed, scale=larger, zero_point=zero))

    @torch.no_grad()
    def take_up_(self, learnt: "Quantizer", stays: Sequence[bool]) -> None:
        """Start from the levels that another one learnt of the weights that stay, and from its grids of the edges of
        the same names and widths.
        """
        own, theirs = self.state_dict(), learnt.state_dict()
        for number in (number for number, one in enumerate(stays) if one):
            for name in (form.format(number) for form in (*LEVELS, *LEARNED_LEVELS)):
                if name in own:
                    own[name].copy_(theirs[name])
        places = {name: place for place, name in enumerate(learnt.edge_names.tolist())}
        learned, mine = ({place: n for n, place in enumerate(one.rounded.tolist())} for one in (learnt, self))
        for place, name in enumerate(self.edge_names.tolist()):
            there = places.get(name)
            if there is None or not _same_width(self.edge_grids[place], learnt.edge_grids[there]):
                continue
            self.edge_scales[place] = learnt.edge_scales[there]
            self.edge_grids[place] = learnt.edge_grids[there]
            if place in mine:
                self.edges[mine[place]] = learnt.edges[learned[there]]
                self.edge_zeros[mine[place]] = learnt.edge_zeros[learned[there]]

    @torch.no_grad()
    def fold_(self) -> None:
        """Take the levels of weights that were learnt for those at which training begins: they stay the same ones."""
        for number, reach in enumerate(self.reaches):
            self.get_buffer(f"multiplier_{number}").copy_(self._multiplier(number))
            self.get_buffer(f"scale_{number}").mul_(reach.double().exp())
            reach.zero_()
        for reach in self.group_reaches.values():
            reach.zero_()

    def weight_map(self, number: int) -> str:
        """The map from bits to codes of a weight."""
        return "odd" if self.get_buffer(f"odd_{number}") else "symmetric"

    def _limit(self, number: int) -> int:
        return weight_limit(self.formats[number][0], self.weight_map(number))

    def _read(self, number: int, codes: Tensor) -> Tensor:
        row = self.get_buffer(f"scale_{number}").float() * self.reaches[number].exp()
        return codes * self._spread(number, row[:, None] * self._multiplier(number), codes.shape)

    def _spread(self, number: int, steps: Tensor, shape: torch.Size) -> Tensor:
        """What each weight of this shape has of what its row's groups have, [out, groups]."""
        each = steps[:, :, None].expand(-1, -1, self.formats[number][1]).flatten(1)
        return each[:, : shape[1:].numel()].reshape(shape)

    def _multiplier(self, number: int) -> Tensor:
        """Of each group of each row, whole numbers as float32; where it is not learned it is 1."""
        multiplier = self.get_buffer(f"multiplier_{number}").float()
        if str(number) not in self.group_reaches:
            return multiplier
        least = torch.ones((), device=multiplier.device)
        most = least * largest_multiplier(self.formats[number][0], self.weight_map(number))
        return WholeNumbers.apply(multiplier * self.group_reaches[str(number)].exp(), least, most)


def initial_tensors(model: TwinModel) -> dict[str, Tensor]:
    """The tensors of a quantizer at the levels of a model's weights and the grids of its edges, nothing learned yet."""
    twins, every = own_weights(model), calibrated_edges(model)
    found = {"widths": torch.tensor([(twin.weight_bits, twin.weight_group) for twin in twins])}
    for number, twin in enumerate(twins):
        odd, reach = torch.tensor(twin.weight_map == "odd"), torch.zeros(len(twin.weight))
        levels = (twin.effective_scale(), twin.group_multiplier, odd)
        found |= dict(zip((form.format(number) for form in LEVELS), levels, strict=True))
        found[f"reaches.{number}"] = reach
        if _grouped(twin):
            found[f"group_reaches.{number}"] = torch.zeros(twin.group_multiplier.shape)
    of_edges = (
        torch.tensor([_hashed(edge.name) for edge in every]),
        torch.stack([edge.scale for edge in every]),
        torch.tensor([(edge.bits, edge.signed, edge.grid.zero_point, edge.symmetric) for edge in every]),
    )
    nothing = torch.zeros(sum(edge.bits <= WIDEST for edge in every))
    return found | dict(zip(OF_EDGES, of_edges, strict=True)) | {"edges": nothing, "edge_zeros": nothing}


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


def _hashed(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:7])


def _same_width(one: Tensor, other: Tensor) -> bool:
    """Of two grids of edges; both or none of them pinned."""
    return bool((one == other)[[0, 1, 3]].all())
