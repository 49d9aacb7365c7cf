"""Whether an utterance gives the same alone and among louder neighbours, in a batch of one length and padded."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from earnest.judge.running.rules import NEIGHBOURS
from earnest.judge.running.utterances import batch, call, louder, tensors
from earnest.judge.verdict import Section

_SHARE, _CLOSE = 0.1, 1e-4
"""Float glue may round otherwise in a batch: so many of the results may differ by more than so much of the largest."""


def judge_neighbours(
    model: Any,
    utterances: Sequence[Any],
    *,
    alone: Sequence[list[Tensor]],
    padded: Callable[[Sequence[Any]], Any] | None,
    exact: bool,
) -> Section:
    """`alone` are the results of each utterance; `exact` says that nothing between the codes computes reals, so that
    not one bit may differ.
    """
    section = Section(name="neighbours", rules=(NEIGHBOURS,))
    compared = 0
    for number, utterance in enumerate(utterances):
        found = tensors(call(model, batch([utterance, louder(utterance), louder(utterance)])))
        compared += len(found)
        rows = [_first(result, own) for result, own in zip(found, alone[number], strict=False)]
        _compare(section, f"utterance {number} in a batch", rows, alone[number], exact)
    if padded is not None:
        order = sorted(range(len(utterances)), key=lambda number: sum(map(torch.numel, tensors(utterances[number]))))
        shortest, longest = order[0], order[-1]
        found = tensors(call(model, padded([utterances[shortest], louder(utterances[longest])])))
        rows = [_first(result, own) for result, own in zip(found, alone[shortest], strict=False)]
        _compare(section, f"utterance {shortest} padded", rows, alone[shortest], exact)
    section.figures.update(compared=compared, exact=exact, padded=padded is not None)
    return section


def _first(result: Tensor, own: Tensor) -> Tensor:
    """The first utterance's part of a batch's result, without its padding."""
    part = result[:1] if result.ndim == own.ndim and result.ndim else result
    return part[tuple(slice(extent) for extent in own.shape)]


def _compare(section: Section, where: str, rows: list[Tensor], own: list[Tensor], exact: bool) -> None:
    shares = [_share(row, result, exact) for row, result in zip(rows, own, strict=False)]
    worst = max(shares, default=0.0)
    if len(rows) != len(own) or worst > (0.0 if exact else _SHARE):
        section.report(NEIGHBOURS, where, f"expected the same results as alone, got {worst:.1%} of them different")


def _share(row: Tensor, own: Tensor, exact: bool) -> float:
    """The share of elements that differ."""
    if row.shape != own.shape:
        return 1.0
    if own.numel() == 0:
        return 0.0
    row, own = row.double(), own.double()
    close = torch.zeros(()) if exact else torch.where(torch.isfinite(own), own, 0.0).abs().max() * _CLOSE
    differ = ~((row - own).abs() <= close) & (row != own)
    return float(differ.double().mean())
