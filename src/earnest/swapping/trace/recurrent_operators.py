"""Recurrences as one operator each while a model is captured: torch.export would write every step out, and fix the
length.

`torch.lstm` and `torch.gru` become `earnest::lstm` and `earnest::gru`, whose parameters and states are their operands.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from earnest.errors import CaptureError


@torch.library.custom_op("earnest::lstm", mutates_args=())
def lstm(
    x: Tensor,
    states: Sequence[Tensor],
    parameters: Sequence[Tensor],
    has_biases: bool,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """All hidden states, the last ones, and the last cells."""
    settings = (has_biases, layers, 0.0, False, bidirectional, batch_first)
    return torch.lstm(x, tuple(states), list(parameters), *settings)


@torch.library.custom_op("earnest::gru", mutates_args=())
def gru(
    x: Tensor,
    states: Sequence[Tensor],
    parameters: Sequence[Tensor],
    has_biases: bool,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """All hidden states, and the last ones."""
    settings = (has_biases, layers, 0.0, False, bidirectional, batch_first)
    return torch.gru(x, states[0], list(parameters), *settings)


@lstm.register_fake
def _(x: Tensor, states: Sequence[Tensor], *others: Any) -> tuple[Tensor, Tensor, Tensor]:
    hidden, cell = states
    directions = 2 if others[3] else 1
    made = x.new_empty((*x.shape[:-1], hidden.shape[-1] * directions))
    return made, torch.empty_like(hidden), torch.empty_like(cell)


@gru.register_fake
def _(x: Tensor, states: Sequence[Tensor], *others: Any) -> tuple[Tensor, Tensor]:
    (hidden,) = states
    directions = 2 if others[3] else 1
    return x.new_empty((*x.shape[:-1], hidden.shape[-1] * directions)), torch.empty_like(hidden)


_OPERATORS: dict[Any, Callable[..., Any]] = {torch.lstm: lstm, torch.gru: gru}
_PACKING = "_pack_padded_sequence"


class AsOneOperator(TorchFunctionMode):
    """Within, a recurrence of torch is one operator; CaptureError for a form that is none."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operator in the place of torch's function."""
        if getattr(func, "__name__", "") == _PACKING:
            raise CaptureError("expected no packed sequence: a program runs one utterance, without padding")
        if func not in _OPERATORS:
            return func(*args, **(kwargs or {}))
        x, states, parameters, has_biases, layers, _, training, bidirectional, batch_first = args
        if training:
            raise CaptureError(f"torch.{func.__name__}: expected a model in evaluation mode; call model.eval() first")
        listed = [states] if isinstance(states, Tensor) else list(states)
        return _OPERATORS[func](x, listed, list(parameters), has_biases, layers, bidirectional, batch_first)
