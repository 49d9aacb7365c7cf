"""Passes over a model of twins with the values of latents: a simulation of the law, with gradients."""

from collections.abc import Callable, Sequence

from torch import Tensor

from earnest.integer.program.program import INPUT
from earnest.methods.gptq import own_weights
from earnest.methods.learned_steps import Rounded
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout
from earnest.nn.model import TwinModel, walk
from earnest.nn.twin import Twin
from earnest.training.quantized.latents import reals
from earnest.training.quantized.quantizers import WIDEST, rounded_edges


class Passes:
    """Passes over the graph of a model with the values of its latents."""

    def __init__(self, model: TwinModel) -> None:
        self.model = model
        weights = {twin.path: index for index, twin in enumerate(own_weights(model))}
        others = {id(parameter): len(weights) + index for index, parameter in enumerate(reals(model))}
        self.places = {
            path: [weights[path], *(others[id(each)] for each in twin.trainable()[1:])]
            if path in weights
            else [others[id(each)] for each in twin.trainable()]
            for path, twin in ((call.name, model.twin(call.name)) for call in model.calls)
        }
        self.numbers = {id(edge): number for number, edge in enumerate(rounded_edges(model))}

    def run(
        self, features: Tensor, values: Sequence[Tensor], observe: Callable[[str, Tensor], None] | None = None
    ) -> Tensor:
        """Real logits of one input, with gradients for all `values`."""
        symbols, steps, zeros = self.model.symbols(features), values[-2].unbind(), values[-1].unbind()

        def nearest(edge: Edge, x: Tensor) -> Tensor:
            number = self.numbers.get(id(edge))
            if number is None:
                return x if edge.bits > WIDEST else edge.nearest(x)
            return Rounded.apply(x, steps[number], zeros[number], *edge.codes)

        def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
            result = twin.real(inputs, [values[place] for place in self.places[twin.path]], symbols)
            return result if isinstance(twin, Layout) else nearest(twin.output, result)

        return walk(self.model, {INPUT: nearest(self.model.input, features)}, compute, observe)
