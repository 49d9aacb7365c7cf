"""Simulation: real values as their codes leave them, by float operators whose results are rounded to their grids.

    y' = nearest(f(x', W'))        nearest: to the real value of a code of the edge

It is what methods search with: fast, with a straight-through gradient. It differs from the law where a rounded
multiplier or a table's entry falls on the other side of half a step, so that no figure of a
program is ever taken from it.
"""

from collections.abc import Callable, Container, Mapping, Sequence

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.nn.layout import Layout
from earnest.nn.model import TwinModel
from earnest.nn.twin import Twin

Compute = Callable[[Twin, list[Tensor]], Tensor]
"""What makes the value of a call from the values that it reads."""


def simulated(twin: Twin, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
    """The result of a twin on real values, with given parameters, at the values of the codes of its edge."""
    result = twin.real(inputs, parameters, symbols)
    return result if isinstance(twin, Layout) else twin.output.nearest(result)


def rerun(
    model: TwinModel,
    values: Mapping[str, Tensor],
    changed: Mapping[str, Compute],
    symbols: Symbols,
) -> Tensor:
    """The float model's result where some operators compute something else, given all `values` that it has otherwise:
    only what a change reaches is computed again.
    """

    def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
        other = changed.get(twin.path)
        return twin.real(inputs, twin.trainable(), symbols) if other is None else other(twin, inputs)

    return recomputed(model, values, changed, compute)


def recomputed(model: TwinModel, values: Mapping[str, Tensor], changed: Container[str], compute: Compute) -> Tensor:
    """The result of any pass over the graph, `values` being what another pass had there: `compute` makes the values of
    the `changed` calls and those that they reach, and no others.
    """
    new: dict[str, Tensor] = {}
    for call in model.calls:
        if call.name in changed or any(name in new for name in call.inputs):
            inputs = [new[name] if name in new else values[name] for name in call.inputs]
            new[call.name] = compute(model.twin(call.name), inputs)
    return new[model.result] if model.result in new else values[model.result]
