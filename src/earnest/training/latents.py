"""What is trained of calibrated models of twins, one for each of some recipes: latent weights, which they share; the
ruler that each of them has (training.rulers); and biases, gains of norms and constants, as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from earnest.errors import TrainingError
from earnest.integer.codes import weight_limit
from earnest.methods.rounding import own_weights, quantized_codes, weighted
from earnest.nn.model import TwinModel
from earnest.nn.weighted import Weighted
from earnest.training.rulers import Ruler


@dataclass(frozen=True, slots=True)
class Draw:
    """Which ruler each weight is read by, and which the edges: numbers of recipes."""

    weights: tuple[int, ...]
    edges: int


class Latents(nn.Module):
    """Parameters and buffers only: the models that they are read from and written to are passed in, one a ruler."""

    def __init__(self, models: Sequence[TwinModel]) -> None:
        """For models whose weights all have biases. Rulers begin at the models' levels; where weights do, `begin_` or
        `take_up_` says.
        """
        super().__init__()
        self.paths = tuple(twin.path for twin in own_weights(models[0]))
        self.shares = nn.ParameterList(torch.zeros_like(twin.weight) for twin in own_weights(models[0]))
        self.reals = nn.ParameterList(parameter.detach().clone() for parameter in reals(models[0]))
        numbers = {id(parameter): number for number, parameter in enumerate(reals(models[0]))}
        self.biases = [numbers[id(twin.bias)] for twin in own_weights(models[0])]
        self.rulers = nn.ModuleList(Ruler(model) for model in models)

    def ruler(self, number: int) -> Ruler:
        """That of a recipe."""
        return cast(Ruler, self.rulers[number])

    def always(self, number: int) -> Draw:
        """Everything by one ruler."""
        return Draw((number,) * len(self.paths), number)

    @torch.no_grad()
    def begin_(self, model: TwinModel) -> None:
        """Start at the codes of a rounded model, the first: only what gradients agree upon moves a weight to another
        one.
        """
        for index, path in enumerate(self.paths):
            twin = weighted(model, path)
            self.ruler(0).begin_(index, twin)
            codes = quantized_codes(twin)[0].reshape(twin.weight.shape)
            self.shares[index].copy_(codes / weight_limit(twin.weight_bits, twin.weight_map))
        for kept, parameter in zip(self.reals, reals(model), strict=True):
            kept.copy_(parameter)

    def of_same_widths(self, learnt: Mapping[str, Tensor]) -> list[bool]:
        """Which weights have the widths and groups that they have in the state of another run. TrainingError where that
        has other weights.
        """
        shapes = [share.shape for share in self.shares]
        found = [learnt[name].shape for name in (f"shares.{n}" for n in range(len(shapes) + 1)) if name in learnt]
        if found != shapes:
            raise TrainingError("start: expected the state of a run of the same model, got one with other weights")
        return self.ruler(0).of_same_widths(learnt["rulers.0.widths"])

    @torch.no_grad()
    def take_up_(self, learnt: Mapping[str, Tensor]) -> None:
        """What another run learnt: weights of the same widths with their levels and biases, what has no code, and the
        grids of edges of the same widths. The rest stays.
        """
        same = self.of_same_widths(learnt)
        moved = {bias for bias, stays in zip(self.biases, same, strict=True) if not stays}
        for share, name, stays in zip(self.shares, (f"shares.{n}" for n in range(len(same))), same, strict=True):
            if stays:
                share.copy_(learnt[name])
        for number, real in enumerate(self.reals):
            if number not in moved:
                real.copy_(learnt[f"reals.{number}"])
        for number in range(len(self.rulers)):
            at = f"rulers.{number}."
            if f"{at}widths" in learnt:
                self.ruler(number).take_up_({n.removeprefix(at): t for n, t in learnt.items() if n.startswith(at)})

    def values(self, models: Sequence[TwinModel], draw: Draw) -> list[Tensor]:
        """The weights at their codes, what is trained as it is, the steps of the edges and their zero points: what a
        pass reads.
        """
        weights = []
        for index, (path, drawn) in enumerate(zip(self.paths, draw.weights, strict=True)):
            share = self._share(index, models, drawn)
            weights.append(self.ruler(drawn).weight(index, weighted(models[drawn], path), share))
        ruler = self.ruler(draw.edges)
        return [*weights, *self.reals, ruler.edge_steps(), ruler.zero_points()]

    @torch.no_grad()
    def write_(self, models: Sequence[TwinModel], number: int) -> None:
        """Give one of the models what was learnt."""
        model, ruler = models[number], self.ruler(number)
        for index, path in enumerate(self.paths):
            ruler.write_(index, weighted(model, path), self._share(index, models, number))
        for kept, parameter in zip(self.reals, reals(model), strict=True):
            parameter.copy_(kept)
        ruler.write_edges_(model)

    def _share(self, index: int, models: Sequence[TwinModel], number: int) -> Tensor:
        """Of what a ruler gives a weight for its full scale."""
        share = self.shares[index]
        if number == 0:
            return share
        first, own = (self._full_scale(index, models[one], one) for one in (0, number))
        return share * (first / own)

    def _full_scale(self, index: int, model: TwinModel, number: int) -> Tensor:
        return self.ruler(number).full_scale(index, weighted(model, self.paths[index]))


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
