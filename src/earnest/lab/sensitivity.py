"""Sensitivity: what a model loses by each group of its operators, by simulation.

    alone:    float operators, but for the group's: what they read, their weights and their results are rounded
    all but:  all of that is rounded, but for the group's weights and results, which are read as they are

Float parameters are those of the calibrated twins before a method rounds them, so that channels which "equalize" has
scaled are scaled in both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from earnest.errors import DataError, EarnestError
from earnest.integer.dimension import Symbols
from earnest.integer.program.target import Target
from earnest.lab.groups import Groups, narrowest, operators, sources
from earnest.ledger.ledger import environment
from earnest.ledger.sensitivity import ALL_BUT, ALONE, SENSITIVITY, SensitivityRow
from earnest.methods.posteriors import Distance, distance
from earnest.models import FloatModel
from earnest.nn.model import TwinModel, walk
from earnest.nn.parallel import each
from earnest.nn.simulation import Compute, recomputed, simulated
from earnest.nn.twin import Twin
from earnest.pipeline import Progress, prepared, round_
from earnest.report.tables.sensitivity import Group, Loss, Scan
from earnest.runtime.audio import read_audio
from earnest.runtime.decoding.ctc import ctc_greedy
from earnest.runtime.decoding.greedy import argmax
from earnest.speech.librispeech import Utterance
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align, total
from earnest.swapping.recipe import Recipe

LEAST_ERROR = 1e-6
"""The error of a margin, as a share of it, that counts where there is less."""

Parameters = Mapping[str, tuple[Tensor, ...]]
"""Those of every call."""

Key = tuple[str, str]
"""A group and a way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A float model and a quantized one on one graph: parameters in float, and at the real values of their codes.
    `makers` are the operators that made each operand of a call.
    """

    model: FloatModel
    twins: TwinModel
    recipe: Recipe
    makers: Mapping[str, tuple[frozenset[str], ...]]
    real: Parameters
    rounded: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What recordings lose by one group in one way; of each frame, the ratio of the float margin to its error."""

    distance: Distance
    ratios: Tensor
    errors: WordErrors


@torch.no_grad()
def pair(
    model: FloatModel, recipe: Recipe, target: Target, recordings: Sequence[Path], progress: Progress | None = None
) -> Pair:
    """Quantize as `pipeline.quantize` does, and keep the float parameters beside the rounded ones."""
    _ = model.ctc_tokens  # a decoder is refused before the long work
    ready = prepared(model, recipe, target, recordings, progress=progress)
    twins, names = ready.twin, [call.name for call in ready.twin.calls]
    real = {name: tuple(each.detach().clone() for each in twins.twin(name).trainable()) for name in names}
    round_(ready, progress)
    rounded = {name: tuple(each.detach() for each in twins.twin(name).quantized()) for name in names}
    made_by = sources(twins)
    makers = {call.name: tuple(made_by[name] for name in call.inputs) for call in twins.calls}
    return Pair(model=model, twins=twins, recipe=ready.recipe, makers=makers, real=real, rounded=rounded)


def scan(
    pair: Pair,
    groups: Groups,
    utterances: Sequence[Utterance],
    *,
    model: str,
    data: str,
    progress: Progress | None = None,
) -> Scan:
    """Both ways of every group on utterances with transcripts. `model` and `data` are names.

    DataError: no utterances; an error of one of them names it.
    """
    if not utterances:
        raise DataError("expected at least one utterance to measure on, got none")
    told = None if progress is None else lambda done: progress("measuring", done, len(utterances))
    found = list(each(lambda one: _measured(pair, groups, one), utterances, told))
    float_errors = total(real for real, _ in found)
    return Scan(
        model=model,
        recipe=pair.recipe.name,
        target=pair.twins.target,
        data=data,
        utterances=len(utterances),
        float_wer=float_errors.wer,
        groups=tuple(sorted(_groups(pair, groups, [lost for _, lost in found]), key=lambda group: group.rank)),
    )


def ledger_rows(scan: Scan, *, data_sha256: str, command: str) -> Iterator[SensitivityRow]:
    """A row for each group and way, made with this very commit and these versions."""
    made = environment()
    for group in scan.groups:
        for way, loss in ((ALONE, group.alone), (ALL_BUT, group.all_but)):
            if loss is None:
                continue
            yield SensitivityRow.of(
                {
                    "kind": SENSITIVITY,
                    "command": command,
                    "model": scan.model,
                    "recipe": scan.recipe,
                    "target": scan.target,
                    "data": scan.data,
                    "data_sha256": data_sha256,
                    "utterances": scan.utterances,
                    "group": group.name,
                    "operators": group.operators,
                    "bits": group.bits,
                    "way": way,
                    **asdict(loss),
                    "float_wer": scan.float_wer,
                    **made,
                }
            )


def logits(pair: Pair, groups: Groups, features: Tensor) -> Iterator[tuple[Key, Tensor]]:
    """What every group makes of features [1, frames, mels] in both ways, one after the other: [frames, classes]."""
    whole, nothing = frozenset(operators(pair.twins)), frozenset[str]()
    symbols = pair.twins.symbols(features)
    values = _values(pair, features, nothing)
    for name, calls in groups.items():
        compute = _compute(pair, symbols, frozenset(calls), nothing)
        yield (name, ALONE), recomputed(pair.twins, values, calls, compute)[0]
    values = _values(pair, features, whole)
    for name, calls in groups.items():
        compute = _compute(pair, symbols, whole.difference(calls), frozenset(calls))
        yield (name, ALL_BUT), recomputed(pair.twins, values, calls, compute)[0]


def real_logits(pair: Pair, features: Tensor) -> Tensor:
    """What the float model makes of them."""
    return _values(pair, features, frozenset())[pair.twins.result][0]


def _values(pair: Pair, features: Tensor, with_codes: frozenset[str]) -> dict[str, Tensor]:
    """Every value by name."""
    values: dict[str, Tensor] = {}
    compute = _compute(pair, pair.twins.symbols(features), with_codes, frozenset())
    walk(pair.twins, pair.twins.read(features), compute, values.__setitem__)
    return values


def _compute(pair: Pair, symbols: Symbols, with_codes: frozenset[str], exact: frozenset[str]) -> Compute:
    """Some operators with codes, which round what they read unless `exact` ones made it, and all others in float."""

    def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
        name = twin.path
        if name not in with_codes:
            return twin.real(inputs, pair.real[name], symbols)
        read = [
            x if exact & makers else edge.nearest(x)
            for edge, x, makers in zip(twin.operands, inputs, pair.makers[name], strict=True)
        ]
        return simulated(twin, read, pair.rounded[name], symbols)

    return compute


def _measured(pair: Pair, groups: Groups, utterance: Utterance) -> tuple[WordErrors, dict[Key, Lost]]:
    """The float model's errors on one utterance, and what is lost on it."""
    try:
        if utterance.text is None:
            raise DataError("expected its transcript, got none: read the split with its transcripts")
        reference, front_end = words(utterance.text), pair.model.front_end
        samples = read_audio(utterance.path, front_end.sample_rate).samples
        features = torch.from_numpy(np.ascontiguousarray(front_end(samples)))[None]
        real = real_logits(pair, features)
        lost = {key: _lost(pair.model, reference, real, found) for key, found in logits(pair, groups, features)}
        return _errors(pair.model, reference, real), lost
    except EarnestError as error:
        raise type(error)(f"utterance {utterance.id}: {error}") from error


def _lost(model: FloatModel, reference: Sequence[str], real: Tensor, found: Tensor) -> Lost:
    return Lost(
        distance=distance(real, found, model.ctc_tokens.blank),
        ratios=margin_ratios(real, found),
        errors=_errors(model, reference, found),
    )


def margin_ratios(real: Tensor, found: Tensor) -> Tensor:
    """Of each frame, the float margin of its two largest logits over the error of that margin."""
    classes = real.topk(2, dim=-1).indices
    before, after = (each.double().gather(-1, classes) for each in (real, found))
    margin = before[:, 0] - before[:, 1]
    error = (after[:, 0] - after[:, 1] - margin).abs()
    return margin / torch.maximum(error, LEAST_ERROR * margin).clamp_min(torch.finfo(margin.dtype).tiny)


def _errors(model: FloatModel, reference: Sequence[str], logits: Tensor) -> WordErrors:
    blank = model.ctc_tokens.blank
    return align(reference, words(model.tokens.decode(ctc_greedy(argmax(logits.numpy()), blank=blank))))


def _groups(pair: Pair, groups: Groups, losses: Sequence[Mapping[Key, Lost]]) -> Iterator[Group]:
    for name, calls in groups.items():
        yield Group(
            name=name,
            operators=len(calls),
            bits=narrowest(pair.twins, calls),
            alone=_loss([lost[name, ALONE] for lost in losses]),
            all_but=_loss([lost[name, ALL_BUT] for lost in losses]),
        )


def _loss(lost: Sequence[Lost]) -> Loss:
    whole = sum((one.distance for one in lost), start=Distance())
    return Loss(
        loss=whole.loss,
        kl=whole.divergence,
        margin=float(np.median(torch.cat([one.ratios for one in lost]).numpy())),
        wer=total(one.errors for one in lost).wer,
    )
