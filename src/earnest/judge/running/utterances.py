"""The arguments of a model for one utterance, and what is made of them: other data of the same shape, and batches."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

_LOUDER = -4


def call(model: Any, utterance: Any) -> Any:
    """Run the model: a tuple holds its arguments, a dict those by name, anything else is its only one."""
    if isinstance(utterance, Mapping):
        return model(**utterance)
    return model(*utterance) if isinstance(utterance, tuple) else model(utterance)


def tensors(values: Any) -> list[Tensor]:
    """The tensors of arguments or results, in order."""
    return [value for value in tree_leaves(values) if isinstance(value, Tensor)]


def louder(utterance: Any) -> Any:
    """Other data of the same shape: backwards in time, and reals four times as large, with the other sign."""
    return tree_map(_louder, utterance)


def batch(utterances: Sequence[Any]) -> Any:
    """Utterances of one shape in one batch: tensors whose first axis is 1 are joined along it."""
    return tree_map(_joined, *utterances)


def _louder(value: Any) -> Any:
    if not isinstance(value, Tensor) or value.ndim < 2:
        return value
    turned = value.flip(1)
    return turned * _LOUDER if turned.is_floating_point() else turned


def _joined(first: Any, *others: Any) -> Any:
    joins = isinstance(first, Tensor) and first.ndim > 0 and first.shape[0] == 1
    return torch.cat([first, *others]) if joins else first
