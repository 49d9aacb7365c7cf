"""Importance: what a squared error of each element that products read adds to the squared error of their results.

    E |dy|^2 = sum_k a_k E[dx_k^2],   a_k = sum_i W_ik^2       for y = W x and errors that know nothing of each other

and the same of a product of two activations, where the other operand stands in the place of W. It is the gradient of
f(x^2, W^2) summed over its elements, so that strides, groups and padding need no rule of their own.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.nn.edge import CalibratedEdge
from earnest.nn.layout import Layout
from earnest.nn.model import TwinModel
from earnest.nn.twin import Twin
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.weighted import Weighted
from earnest.nn.twins.weighted_mean import WeightedMean

_PRODUCTS = (Weighted, MatMul, WeightedMean)


def importance(twin: Twin, inputs: Sequence[Float[Tensor, "..."]], symbols: Symbols) -> list[Float[Tensor, "..."]]:
    """a of every operand of a product, in its shape."""
    with torch.enable_grad():
        squares = [x.detach().square().requires_grad_() for x in inputs]
        weights = [twin.weight.detach().square()] if isinstance(twin, Weighted) else []
        return list(torch.autograd.grad(twin.real(squares, weights, symbols).sum(), squares))


def read_by_products(model: TwinModel) -> set[CalibratedEdge]:
    """The edges that products read, and nothing else."""
    twins = [model.twin(call.name) for call in model.calls]
    operands = [(twin, edge) for twin in twins if not isinstance(twin, Layout) for edge in twin.operands]
    products = {edge for twin, edge in operands if isinstance(twin, _PRODUCTS) and isinstance(edge, CalibratedEdge)}
    return products - {edge for twin, edge in operands if not isinstance(twin, _PRODUCTS)} - {model.edge(model.result)}
