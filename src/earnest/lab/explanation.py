"""Explanation: does the program compute what its twins compute, and which operators cost the accuracy?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from earnest.errors import DataError, EarnestError
from earnest.models import FloatModel
from earnest.models.transcription import taught
from earnest.nn.comparison import Difference, OperatorError, differences, first_difference, operator_errors
from earnest.pipeline import Quantized
from earnest.runtime.audio import read_audio
from earnest.runtime.reference import ReferenceBackend
from earnest.speech.librispeech import Utterance

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Codes compared between twins and program at every value, the first that differs with its utterance, and the
    operators' errors, their decibels averaged over the utterances, those that add most first.
    """

    utterances: int
    values: int
    codes: int
    differing: int
    first: tuple[str, Difference] | None
    errors: tuple[OperatorError, ...]


def explain(
    quantized: Quantized, model: FloatModel, utterances: Sequence[Utterance], progress: Progress | None = None
) -> Explanation:
    """Compare on recordings; an utterance shorter or longer than the program takes is an error that names it."""
    if not utterances:
        raise DataError("expected at least one utterance to compare on, got none")
    backend = ReferenceBackend(quantized.program)
    first: tuple[str, Difference] | None = None
    values = codes = differing = 0
    errors: dict[str, list[OperatorError]] = {}
    for done, utterance in enumerate(utterances, start=1):
        (inputs,) = taught(model, [_features(quantized, model, utterance)[None]])
        found = differences(quantized.twin, backend.run, inputs)
        values, codes = len(found), codes + sum(one.elements for one in found)
        differing += sum(one.differing for one in found)
        earliest = first_difference(found)
        if first is None and earliest is not None:
            first = (utterance.id, earliest)
        for error in operator_errors(quantized.twin, inputs):
            errors.setdefault(error.name, []).append(error)
        if progress is not None:
            progress("comparing", done, len(utterances))
    ranked = sorted((_mean(each) for each in errors.values()), key=lambda error: error.added)
    return Explanation(
        utterances=len(utterances),
        values=values,
        codes=codes,
        differing=differing,
        first=first,
        errors=tuple(ranked),
    )


def _features(quantized: Quantized, model: FloatModel, utterance: Utterance) -> torch.Tensor:
    """[frames, mels] of a recording that the program takes whole; every error names the utterance."""
    spec, front_end = quantized.program.input, model.front_end
    try:
        features = torch.from_numpy(front_end(read_audio(utterance.path, front_end.sample_rate).samples))
        if len(features) < spec.shortest:
            raise DataError(
                f"expected at least {spec.shortest} frames = {spec.shortest * front_end.hop / front_end.sample_rate:g} "
                f"s, got {len(features)}: a longer recording is needed"
            )
        if len(features) > spec.longest:
            raise DataError(
                f"expected at most {spec.longest} frames, got {len(features)}: "
                "quantize for a greater length (--longest)"
            )
    except EarnestError as error:
        raise type(error)(f"utterance {utterance.id}: {error}") from error
    return features


def _mean(each: Sequence[OperatorError]) -> OperatorError:
    added, total = (float(np.mean([getattr(error, key) for error in each])) for key in ("added", "total"))
    return replace(each[0], added=added, total=total)
