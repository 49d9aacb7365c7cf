"""What is trained of calibrated models of twins, one for each of some recipes: latent weights, which they share; the
quantizer that each of them has (training.quantized.quantizers); and biases, gains of norms and constants, as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from earnest.integer.codes import weight_limit
from earnest.methods.gptq import own_weights, quantized_codes, weighted
from earnest.nn.model import TwinModel
from earnest.nn.twins.weighted import Weighted
from earnest.training.quantized.quantizers import Quantizer, initial_tensors

QUANTIZERS = "rulers"
"""What the names of their tensors begin with in states that are kept."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The quantizer that rounds each weight, and the one that rounds the edges: numbers of recipes."""

    weights: tuple[int, ...]
    edges: int


class Latents(nn.Module):
    """Parameters and buffers only: the models that they are read from and written to are passed in, one a quantizer."""

    def __init__(self, models: Sequence[TwinModel]) -> None:
        """For models whose weights all have biases, at the codes of the first: only what gradients agree upon moves a
        weight to another one.
        """
        super().__init__()
        twins = own_weights(models[0])
        self.paths = tuple(twin.path for twin in twins)
        self.shares = nn.ParameterList(_shares(twin) for twin in twins)
        self.reals = nn.ParameterList(parameter.detach().clone() for parameter in reals(models[0]))
        numbers = {id(parameter): number for number, parameter in enumerate(reals(models[0]))}
        self.biases = [numbers[id(twin.bias)] for twin in twins]
        """Which of `reals` is the bias of each weight."""
        self.add_module(QUANTIZERS, nn.ModuleList(Quantizer(initial_tensors(model)) for model in models))

    @property
    def quantizers(self) -> nn.ModuleList:
        """One for each recipe."""
        return cast(nn.ModuleList, self.get_submodule(QUANTIZERS))

    def quantizer(self, number: int) -> Quantizer:
        """That of a recipe."""
        return cast(Quantizer, self.quantizers[number])

    def always(self, number: int) -> Draw:
        """Everything by one quantizer."""
        return Draw((number,) * len(self.paths), number)

    def values(self, draw: Draw) -> list[Tensor]:
        """The weights at their codes, what is trained as it is, the steps of the edges and their zero points: what a
        pass reads.
        """
        weights = [
            self.quantizer(drawn).weight(index, self._share(index, drawn)) for index, drawn in enumerate(draw.weights)
        ]
        quantizer = self.quantizer(draw.edges)
        return [*weights, *self.reals, quantizer.edge_steps(), quantizer.zero_points()]

    @torch.no_grad()
    def write_(self, models: Sequence[TwinModel], number: int) -> None:
        """Give one of the models what was learnt."""
        model, quantizer = models[number], self.quantizer(number)
        for index, path in enumerate(self.paths):
            quantizer.write_(index, weighted(model, path), self._share(index, number))
        for kept, parameter in zip(self.reals, reals(model), strict=True):
            parameter.copy_(kept)
        quantizer.write_edges_(model)

    def _share(self, index: int, number: int) -> Tensor:
        """Of what a quantizer gives a weight for its full scale."""
        share = self.shares[index]
        if number == 0:
            return share
        first, own = (self.quantizer(one).full_scale(index, share.shape) for one in (0, number))
        return share * (first / own)


def _shares(twin: Weighted) -> Tensor:
    """The codes of a weight as shares of its range."""
    codes = quantized_codes(twin)[0].reshape(twin.weight.shape)
    return (codes / weight_limit(twin.weight_bits, twin.weight_map)).to(twin.weight.dtype)


def give_biases_(model: TwinModel) -> TwinModel:
    """A bias of zeros where a weight has none: it costs nothing, the law adds one anyway. The model is returned."""
    for twin in own_weights(model):
        if twin.bias is None:
            twin.bias = nn.Parameter(torch.zeros(len(twin.weight), device=twin.weight.device))
    return model


def reals(model: TwinModel) -> list[nn.Parameter]:
    """What is trained as it is, each once: all but weights that have codes."""
    found: dict[int, nn.Parameter] = {}
    for call in model.calls:
        twin = model.twin(call.name)
        for parameter in twin.trainable()[isinstance(twin, Weighted) :]:
            if isinstance(parameter, nn.Parameter):
                found[id(parameter)] = parameter
    return list(found.values())
