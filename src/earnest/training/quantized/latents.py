"""What is trained of calibrated models of twins, one for each of some recipes: latent weights, which they share; the
ruler that each of them has (training.quantized.rulers); and biases, gains of norms and constants, as they are.
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
from earnest.training.quantized.rulers import Ruler, beginning


@dataclass(frozen=True, slots=True)
class Draw:
    """Which ruler each weight is read by, and which the edges: numbers of recipes."""

    weights: tuple[int, ...]
    edges: int


class Latents(nn.Module):
    """Parameters and buffers only: the models that they are read from and written to are passed in, one a ruler."""

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
        self.rulers = nn.ModuleList(Ruler(beginning(model)) for model in models)

    def ruler(self, number: int) -> Ruler:
        """That of a recipe."""
        return cast(Ruler, self.rulers[number])

    def always(self, number: int) -> Draw:
        """Everything by one ruler."""
        return Draw((number,) * len(self.paths), number)

    def values(self, draw: Draw) -> list[Tensor]:
        """The weights at their codes, what is trained as it is, the steps of the edges and their zero points: what a
        pass reads.
        """
        weights = [
            self.ruler(drawn).weight(index, self._share(index, drawn)) for index, drawn in enumerate(draw.weights)
        ]
        ruler = self.ruler(draw.edges)
        return [*weights, *self.reals, ruler.edge_steps(), ruler.zero_points()]

    @torch.no_grad()
    def write_(self, models: Sequence[TwinModel], number: int) -> None:
        """Give one of the models what was learnt."""
        model, ruler = models[number], self.ruler(number)
        for index, path in enumerate(self.paths):
            ruler.write_(index, weighted(model, path), self._share(index, number))
        for kept, parameter in zip(self.reals, reals(model), strict=True):
            parameter.copy_(kept)
        ruler.write_edges_(model)

    def _share(self, index: int, number: int) -> Tensor:
        """Of what a ruler gives a weight for its full scale."""
        share = self.shares[index]
        if number == 0:
            return share
        first, own = (self.ruler(one).full_scale(index, share.shape) for one in (0, number))
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
