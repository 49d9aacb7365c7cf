"""Rows of kind "evaluation": the word errors of one program on one data set, beside those of its float model."""

import json
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import model_validator

from earnest.ledger.fields import (
    TOLD,
    Count,
    MaybeCount,
    MaybeObject,
    MaybePositive,
    MaybeReal,
    MaybeSize,
    MaybeText,
    MaybeUnsigned,
    Object,
    Part,
    Positive,
    Real,
    Size,
    Text,
)
from earnest.ledger.row import LedgerRow

EVALUATION = "evaluation"

RATE_TOLERANCE, DIFFERENCE_TOLERANCE, BITS_TOLERANCE = 0.006, 0.011, 0.001
"""Per cent, per cent and bits: figures of old rows are rounded to two digits behind the point."""


class CalibrationData(Part, frozen=True):
    """What ranges came from: the name of the data, how many recordings of it, their hash, the seed that chose them."""

    data: Text
    recordings: MaybeCount = None
    data_sha256: MaybeText = None
    seed: MaybeCount = None


class TimedUtterance(Part, frozen=True):
    """What `milliseconds` were taken of: an utterance by its id, its length in seconds, threads of each system."""

    utterance: Text
    seconds: Positive
    threads: Size


class EvaluationRow(LedgerRow, frozen=True):
    """One program on one data set, beside its float model on the same utterances.

    Rates, their difference (integer minus float) and its interval are in per cent of the words. Keys with `float_` are
    of the float model, those without of the program. A row with `trial` is one of a search, which chose among its
    trials by these very utterances.
    """

    NOUN: ClassVar[str] = "an evaluation"

    kind: Literal["evaluation"]
    program: Text
    program_sha256: Text
    recipe: Text
    target: Text
    backend: Text
    float_model: MaybeText = None
    """Its name; absent in rows of unnamed models."""
    level: MaybeText = None
    """The level of honesty (docs/verdict.md); absent in rows from before the judge."""

    data: Text
    """The name of the data set, of which these utterances may be a part."""
    data_sha256: Text
    utterances: Count
    words: Size
    seconds_of_audio: MaybeUnsigned = None
    normalisation: MaybeText = None
    """The rule by which words were compared."""

    wer: Real
    float_wer: Real
    difference: Real
    interval: tuple[Real, Real]
    interval_level: MaybeReal = None
    """Per cent."""
    bootstrap_seed: MaybeCount = None
    bootstrap_resamples: MaybeSize = None
    substitutions: Count
    deletions: Count
    insertions: Count
    float_substitutions: Count
    float_deletions: Count
    float_insertions: Count
    empty_hypotheses: MaybeCount = None
    float_empty_hypotheses: MaybeCount = None
    truncated_hypotheses: MaybeCount = None
    """Decodings that were cut off; absent in rows from before decoders."""
    float_truncated_hypotheses: MaybeCount = None

    file_bytes: Size
    float_bytes: Size
    """Of the float32 parameters."""

    jobs: MaybeSize = None
    seconds: MaybeUnsigned = None
    """Of the whole evaluation, by the clock."""
    compute_seconds: MaybeUnsigned = None
    """In the program alone, summed over the utterances."""
    float_compute_seconds: MaybeUnsigned = None

    experiment: MaybeText = None
    """The experiment that made it. This key and all below are absent in rows of `earnest evaluate`."""
    cell: MaybeText = None
    """The key of the experiment's cell."""
    seed: MaybeCount = None
    """What chose the recordings of the calibration."""
    methods: Annotated[tuple[Text | Object, ...] | None, TOLD] = None
    """Names, or objects with a name and settings."""
    limit: Size | None = None
    """The number of utterances that the experiment asked for at most; None: all of them."""
    calibration: Annotated[CalibrationData | None, TOLD] = None
    weights: MaybeSize = None
    """How many codes of weights there are."""
    mean_weight_bits: MaybePositive = None
    effective_bits: MaybePositive = None
    """All bits of the file over the number of weights."""
    bit_operations: MaybeSize = None
    """Multiply-accumulates times the widths of both factors, for an input of `bit_operations_frames` frames."""
    bit_operations_frames: MaybeSize = None
    milliseconds: MaybePositive = None
    """Median of one run; both systems were timed in one process."""
    float_milliseconds: MaybePositive = None
    timed: Annotated[TimedUtterance | None, TOLD] = None

    search: MaybeText = None
    """The search that tried it. This key and the next two are absent in rows that no search made."""
    trial: MaybeCount = None
    settings: MaybeObject = None
    """The values of the search's dimensions."""

    @property
    def ratio(self) -> float:
        """Bytes of the file over those of the float32 parameters."""
        return self.file_bytes / self.float_bytes

    @property
    def errors(self) -> tuple[int, int, int]:
        """Substitutions, deletions and insertions of the program."""
        return self.substitutions, self.deletions, self.insertions

    @property
    def float_errors(self) -> tuple[int, int, int]:
        """Those of the float model."""
        return self.float_substitutions, self.float_deletions, self.float_insertions

    @property
    def method_names(self) -> tuple[str, ...] | None:
        """Each method by its name, with its settings if it has any; None where the row does not tell them."""
        return None if self.methods is None else tuple(_named(method) for method in self.methods)

    @property
    def audience(self) -> tuple[str, str, int, str]:
        """What has to be the same for two rates to be compared: model, name, number and hash of the utterances."""
        return (self.float_model or "", self.data, self.utterances, self.data_sha256)

    @property
    def configuration(self) -> tuple[object, ...]:
        """What was tried, on what; the same thing measured again has the same one."""
        tried = (self.program, self.recipe, self.target, self.method_names, self.seed, self.experiment, self.cell)
        return (*tried, self.data, self.utterances)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        low, high = self.interval
        if not low <= high:
            raise ValueError(f"expected an interval of two numbers, low and high, got {self.interval}")
        for prefix, errors, rate in (("", self.errors, self.wer), ("float_", self.float_errors, self.float_wer)):
            if abs(100 * sum(errors) / self.words - rate) > RATE_TOLERANCE:
                raise ValueError(f"{sum(errors)} errors in {self.words} words are no {prefix}wer of {rate}")
        if abs(self.wer - self.float_wer - self.difference) > DIFFERENCE_TOLERANCE:
            raise ValueError(f"difference {self.difference} is not wer - float_wer")
        if self.weights is not None and self.effective_bits is not None:
            effective = 8 * self.file_bytes / self.weights
            if abs(effective - self.effective_bits) > BITS_TOLERANCE:
                raise ValueError(
                    f"{self.file_bytes} bytes of {self.weights} weights are no {self.effective_bits} effective_bits"
                )
        return self


def _named(method: Any) -> str:
    if isinstance(method, str):
        return method
    return json.dumps(method, sort_keys=True, ensure_ascii=False).replace('"', "").strip("{}")
