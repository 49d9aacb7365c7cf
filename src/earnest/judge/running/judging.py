"""The verdict on a running model: what its operators read and make, what it remembers, what neighbours do to it."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from earnest.errors import EarnestError
from earnest.judge.level import Level
from earnest.judge.running.exits import came_back
from earnest.judge.running.neighbours import judge_neighbours
from earnest.judge.running.rules import (
    EVALUATION_MODE,
    NO_EXITS,
    NO_FLOAT_OPERATORS,
    PRODUCT_RULES,
    STABLE_STATE,
    STATE_RULES,
    TRACE_RULES,
)
from earnest.judge.running.state import changed, state_of
from earnest.judge.running.trace import Found
from earnest.judge.running.utterances import call, louder, tensors
from earnest.judge.running.watching import WatchedRun, Window, check_window, watch
from earnest.judge.verdict import Section, Subject, Verdict

_REASON = "a running model carries its codes in torch's tensors and may compute anything: only a program file is more"

_MOODY = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._NormBase, nn.RReLU)


def judge_running(
    model: Callable[..., Any],
    utterances: Sequence[Any],
    *,
    name: str | None = None,
    codes_in: str | None = None,
    codes_out: str | None = None,
    padded: Callable[[Sequence[Any]], Any] | None = None,
) -> Verdict:
    """Judge a torch module, or anything that can be called, by running it.

    Each utterance is a batch of one: a tensor [1, time, ...], a tuple of arguments, or a dict of them by name. There
    are at least two, of different lengths, that the model has not seen. `codes_in` and `codes_out` name the submodules
    whose input and whose result are claimed to be codes; what is computed outside of them is listed and not judged.
    `padded` makes the arguments of one batch of utterances of different lengths, for a model that claims to take them.
    Raises EarnestError where it cannot ask; what the model raises is passed on.
    """
    ordered = sorted(utterances, key=_size, reverse=True)
    if len(ordered) < 2 or _size(ordered[0]) == _size(ordered[-1]):
        raise EarnestError(f"expected two or more utterances of different lengths, got sizes {[*map(_size, ordered)]}")
    window = Window(codes_in=codes_in, codes_out=codes_out)
    check_window(model, window)
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        call(model, ordered[0])  # constants that are built at the first call are built
        before = state_of(model)
        found = Found()
        watched = [
            (watch(model, each, window, found), watch(model, louder(each), window, found)) for each in ordered[1:]
        ]
        watched.append((watch(model, ordered[0], window, found), watch(model, louder(ordered[0]), window, found)))
        trace = _judge_trace(found, watched)
        alone = [tensors(call(model, each)) for each in ordered]
        again = [tensors(call(model, each)) for each in reversed(ordered)][::-1]
        exact = not trace.findings
        neighbours = judge_neighbours(model, ordered, alone=alone, padded=padded, exact=exact)
        seen = [tensors(run.results) for run, _ in (watched[-1], *watched[:-1])]
        state = _judge_state(model, before, alone, {"in reversed order": again, "while it is watched": seen})
    subject = Subject(
        kind="running model", name=name or type(model).__name__, ceiling=Level.H2, reason=_REASON, facts={}
    )
    real = [rule for rule, _ in found.notes if rule is NO_FLOAT_OPERATORS]
    return Verdict(
        subject=subject, float_operators=len(real), bits_per_weight=None, sections=(trace, state, neighbours)
    )


def _judge_trace(found: Found, watched: Sequence[tuple[WatchedRun, WatchedRun]]) -> Section:
    section = Section(name="trace", rules=TRACE_RULES)
    for (rule, where), what in found.notes.items():
        section.report(rule, where, what)
    returns = [came_back(one.trace, one.results, other.trace, other.results) for one, other in watched]
    if any(returns):
        section.report(NO_EXITS, "two utterances of one shape", next(filter(None, returns)))
    if not found.products:
        for rule in PRODUCT_RULES:
            section.leave(rule, "no product was seen")
    section.figures.update(
        runs=2 * len(watched),
        operators=[
            {
                "operator": operator,
                "inputs": list(inputs),
                "outputs": list(outputs),
                "calls": row.calls,
                "float": row.real,
                "modules": sorted(row.modules)[:4],
            }
            for (operator, inputs, outputs), row in sorted(found.rows.items())
        ],
        products=dict(sorted(found.products.items())),
        outside=dict(sorted(found.outside.items())),
        read_as_numbers=sum(run.left for pair in watched for run in pair),
    )
    return section


def _judge_state(
    model: Any, before: dict[str, bytes], alone: list[list[Tensor]], others: dict[str, list[list[Tensor]]]
) -> Section:
    """`alone` are the results of each utterance, `others` those of the same utterances under other circumstances."""
    section = Section(name="state", rules=STATE_RULES)
    for path in _training(model)[:4]:
        section.report(EVALUATION_MODE, path, "expected evaluation mode, got training")
    for path in changed(before, state_of(model))[:4]:
        section.report(STABLE_STATE, path, "expected the value that it had before the utterances, got another")
    for circumstance, results in others.items():
        differ = [number for number, own in enumerate(alone) if not _same(own, results[number])]
        if differ:
            section.report(
                STABLE_STATE, f"utterance {differ[0]}", f"expected the same result {circumstance}, got another"
            )
    section.figures.update(values=len(before), utterances=len(alone))
    return section


def _training(model: Any) -> list[str]:
    """Modules that compute otherwise in training, and are in it."""
    modules = model.named_modules() if isinstance(model, nn.Module) else ()
    return [path or "model" for path, module in modules if module.training and isinstance(module, _MOODY)]


def _same(one: list[Tensor], other: list[Tensor]) -> bool:
    """Equal bit for bit; NaN equals NaN."""
    return len(one) == len(other) and all(
        a.dtype == b.dtype and a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())
        for a, b in zip(one, other, strict=True)
    )


def _size(utterance: Any) -> int:
    return sum(tensor.numel() for tensor in tensors(utterance))
