"""Functions of one value in torch, and the twins of captured ones (E15, E16)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from earnest.numerics.table import Pointwise


def hard_sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """clamp(x / 6 + 1/2, 0, 1); torch's own takes its sixth from float32."""
    return (x / 6 + 0.5).clamp(0.0, 1.0)


TORCH_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "relu": torch.relu,
    "silu": functional.silu,
    "sigmoid": torch.sigmoid,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "tanh": torch.tanh,
    "clamp": torch.clamp,
    "leaky_relu": functional.leaky_relu,
    "elu": torch.ops.aten.elu.default,
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": lambda x: x * hard_sigmoid(x),
    "softplus": functional.softplus,
    "log_sigmoid": functional.logsigmoid,
    "mish": functional.mish,
    "exp": torch.exp,
    "abs": torch.abs,
    "square": torch.square,
}
"""What `numerics.table.FUNCTIONS` are in torch, which takes the same parameters in the same order."""


def in_torch(function: Pointwise, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """torch's function of each element."""
    return TORCH_FUNCTIONS[function.name](x, *function.parameters)
