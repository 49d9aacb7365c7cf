"""What is trained of a calibrated model of twins: latent weights, the steps of rows and of edges, and the rest.

    w~ = codes(v) m s exp(r)         v the share of its range that a weight has, m the multiplier of its group,
                                     s the step of its row when training began, r learned
    x~ = s exp(e) codes(x)           the same of the edges of up to 8 bits; zero points stay

Wider edges are not rounded while training: what 16 bits add there is far below what 8 bits add. Biases, gains of norms
and constants are trained as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from earnest.errors import TrainingError
from earnest.integer.codes import weight_limit
from earnest.integer.program import INPUT
from earnest.methods.learned_steps import Coded, Rounded, share_codes
from earnest.methods.rounding import own_weights, quantized_codes, weighted
from earnest.nn.edge import CalibratedEdge, Edge
from earnest.nn.layout import Layout
from earnest.nn.model import TwinModel, edges, walk
from earnest.nn.twin import Twin
from earnest.nn.weighted import Weighted
from earnest.numerics.grid import Grid
from earnest.numerics.weight import spread_steps

WIDEST = 8
"""Bits of the edges whose rounding is trained."""


class Latents(nn.Module):
    """Parameters and buffers only: the models that they are read from and written to are passed in."""

    edge_scales: Tensor
    edge_grids: Tensor
    edges: nn.Parameter

    def __init__(self, model: TwinModel) -> None:
        """For a model whose weights all have biases; nothing is learnt yet, not even where to begin."""
        super().__init__()
        self.paths = tuple(twin.path for twin in own_weights(model))
        twins = [weighted(model, path) for path in self.paths]
        self.shares = nn.ParameterList(torch.zeros_like(twin.weight) for twin in twins)
        self.reaches = nn.ParameterList(torch.zeros(len(twin.weight)) for twin in twins)
        for index, twin in enumerate(twins):
            self.register_buffer(f"scale_{index}", twin.weight_scale.clone())
            self.register_buffer(f"multiplier_{index}", twin.group_multiplier.clone())
            self.register_buffer(f"odd_{index}", torch.tensor(twin.weight_map == "odd"))
        self.reals = nn.ParameterList(parameter.detach().clone() for parameter in _reals(model))
        self.register_buffer("bits", torch.tensor([twin.weight_bits for twin in twins]))
        rounded = rounded_edges(model)
        self.register_buffer("edge_scales", torch.stack([edge.scale for edge in rounded]))
        self.register_buffer("edge_grids", torch.tensor([_grid(edge) for edge in rounded]))
        self.edges = nn.Parameter(torch.zeros(len(rounded)))

    @torch.no_grad()
    def begin_(self, model: TwinModel) -> None:
        """Start at the codes of a rounded model: only what gradients agree upon moves a weight to another one."""
        for index, path in enumerate(self.paths):
            twin = weighted(model, path)
            self.get_buffer(f"scale_{index}").copy_(twin.effective_scale())
            self.get_buffer(f"multiplier_{index}").copy_(twin.group_multiplier)
            self.get_buffer(f"odd_{index}").fill_(twin.weight_map == "odd")
            codes = quantized_codes(twin)[0].reshape(twin.weight.shape)
            self.shares[index].copy_(codes / weight_limit(twin.weight_bits, twin.weight_map))
        for kept, parameter in zip(self.reals, _reals(model), strict=True):
            kept.copy_(parameter)

    def take_up_(self, learnt: Mapping[str, Tensor]) -> None:
        """Start from what a run with weights of the same widths learnt. The steps of edges are taken up where the same
        ones are rounded, to the same grids; else they are those of calibration.
        """
        grids = learnt.get("edge_grids")
        alike = grids is not None and torch.equal(grids, self.edge_grids)
        calibrated = frozenset() if alike else frozenset({"edges", "edge_scales", "edge_grids"})
        own = {name: tensor for name, tensor in self.state_dict().items() if name not in calibrated}
        fitting = all(name in learnt and learnt[name].shape == tensor.shape for name, tensor in own.items())
        if not fitting or not torch.equal(learnt["bits"], own["bits"]):
            raise TrainingError(
                "expected a run of the same model, whose recipe has the same widths and groups of weights"
            )
        self.load_state_dict({name: learnt[name] for name in own}, strict=False)

    def values(self, model: TwinModel) -> list[Tensor]:
        """The weights at their codes, what is trained as it is, and the scales of the edges: what a pass reads."""
        weights = []
        for index, path in enumerate(self.paths):
            twin, share = weighted(model, path), self.shares[index]
            codes = Coded.apply(share, twin.weight_bits, self._weight_map(index))
            row = self.reaches[index].exp().reshape(-1, *(1,) * (share.dim() - 1))
            weights.append(codes * self._steps(index, twin).float() * row)
        return [*weights, *self.reals, self.edge_scales.float() * self.edges.exp()]

    @torch.no_grad()
    def write_(self, model: TwinModel) -> None:
        """Give a model of twins what was learnt."""
        for index, path in enumerate(self.paths):
            twin, weight_map = weighted(model, path), self._weight_map(index)
            row = self.reaches[index].double().exp()
            codes = share_codes(self.shares[index], twin.weight_bits, weight_map).double()
            twin.weight_map = weight_map
            twin.weight_scale.copy_(self.get_buffer(f"scale_{index}") * row)
            twin.group_multiplier.copy_(self.get_buffer(f"multiplier_{index}"))
            twin.weight.copy_(codes * self._steps(index, twin) * row.reshape(-1, *(1,) * (codes.dim() - 1)))
        for kept, parameter in zip(self.reals, _reals(model), strict=True):
            parameter.copy_(kept)
        scales = self.edge_scales * self.edges.double().exp()
        for edge, scale in zip(rounded_edges(model), scales.tolist(), strict=True):
            grid = edge.grid
            larger = max(scale, edge.smallest_scale * (1 + 2.0**-20))
            edge.set_(Grid(bits=grid.bits, signed=grid.signed, scale=larger, zero_point=grid.zero_point))

    def _weight_map(self, index: int) -> str:
        return "odd" if self.get_buffer(f"odd_{index}") else "symmetric"

    def _steps(self, index: int, twin: Weighted) -> Tensor:
        """The real value of code 1 of each weight when training began, float64."""
        scale, multiplier = (self.get_buffer(f"{name}_{index}") for name in ("scale", "multiplier"))
        steps = spread_steps(scale.cpu().numpy(), multiplier.cpu().numpy(), twin.weight_group, twin.weight.shape)
        return torch.from_numpy(steps).to(scale.device)


class Passes:
    """Passes over the graph of a model with the values of its latents."""

    def __init__(self, model: TwinModel) -> None:
        self.model = model
        weights = {twin.path: index for index, twin in enumerate(own_weights(model))}
        reals = {id(parameter): len(weights) + index for index, parameter in enumerate(_reals(model))}
        self.places = {
            path: [weights[path], *(reals[id(each)] for each in twin.trainable()[1:])]
            if path in weights
            else [reals[id(each)] for each in twin.trainable()]
            for path, twin in ((call.name, model.twin(call.name)) for call in model.calls)
        }
        self.numbers = {id(edge): number for number, edge in enumerate(rounded_edges(model))}

    def run(
        self, features: Tensor, values: Sequence[Tensor], observe: Callable[[str, Tensor], None] | None = None
    ) -> Tensor:
        """Real logits of one input, with gradients for all `values`."""
        symbols, scales = self.model.symbols(features), values[-1].unbind()

        def nearest(edge: Edge, x: Tensor) -> Tensor:
            number = self.numbers.get(id(edge))
            if number is None:
                return x if edge.bits > WIDEST else edge.nearest(x)
            grid = edge.grid
            return Rounded.apply(x, scales[number], grid.zero_point, *grid.codes)

        def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
            result = twin.real(inputs, [values[place] for place in self.places[twin.path]], symbols)
            return result if isinstance(twin, Layout) else nearest(twin.output, result)

        return walk(self.model, {INPUT: nearest(self.model.input, features)}, compute, observe)


def rounded_edges(model: TwinModel) -> list[CalibratedEdge]:
    """The edges whose scales are trained, each once, in the order of the graph."""
    every: Mapping[Any, None] = dict.fromkeys(edges(model).values())
    return [edge for edge in every if isinstance(edge, CalibratedEdge) and edge.bits <= WIDEST]


def _grid(edge: CalibratedEdge) -> list[int]:
    return [edge.grid.bits, edge.grid.signed, edge.grid.zero_point]


def give_biases_(model: TwinModel) -> TwinModel:
    """A bias of zeros where a weight has none: it costs nothing, the law adds one anyway. The model is returned."""
    for twin in own_weights(model):
        if twin.bias is None:
            twin.bias = nn.Parameter(torch.zeros(len(twin.weight), device=twin.weight.device))
    return model


def _reals(model: TwinModel) -> list[nn.Parameter]:
    """What is trained as it is, each once: all but weights that have codes."""
    found: dict[int, nn.Parameter] = {}
    for call in model.calls:
        twin = model.twin(call.name)
        for parameter in twin.trainable()[isinstance(twin, Weighted) :]:
            if isinstance(parameter, nn.Parameter):
                found[id(parameter)] = parameter
    return list(found.values())
