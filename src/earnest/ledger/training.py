"""Rows of kind "training", what a run learnt and cost, and of kind "training-step", what one step costs."""

from typing import ClassVar, Literal

from pydantic import Field

from earnest.ledger.fields import (
    Count,
    MaybeCount,
    MaybeObject,
    MaybePositive,
    MaybeText,
    Part,
    Positive,
    Size,
    Text,
    Unsigned,
)
from earnest.ledger.row import LedgerRow, machine_name

TRAINING, TRAINING_STEP = "training", "training-step"


class Validation(Part, frozen=True):
    """The word errors of a result on one corpus, after a step. The rate is in per cent of the words."""

    step: Count
    data: Text
    result: MaybeText = None
    """The file, where recipes share weights and a run has several; absent where it has one."""
    utterances: Count
    words: Size
    errors: MaybeCount = None
    """Absent in old rows."""
    wer: Unsigned

    @property
    def rate(self) -> float:
        """From the counts, where a row has them: its own rate is rounded already."""
        return 100 * self.errors / self.words if self.errors is not None else self.wer


class TrainingRow(LedgerRow, frozen=True):
    """One run of `earnest train`."""

    NOUN: ClassVar[str] = "a training run"

    kind: Literal["training"]
    name: Text
    sha256: MaybeText = None
    """Of the result. This key and the next four are absent in rows that were not written by this package."""
    others: MaybeObject = None
    """SHA-256 of further results by the name of their file; absent in old rows, which have none."""
    started_from: MaybeCount = None
    """The step that the last call of the command went on from."""
    settings: MaybeObject = None
    """The whole specification of the run (`training.specification`), of paths the last name."""
    left_out: MaybeCount = None
    """Utterances that were too short or too long to be heard."""
    step: Count
    """Steps that were made."""
    validation: tuple[Validation, ...]
    """Those of the step whose result was chosen."""
    parameters: Count
    """How many numbers learn."""
    utterances: Count
    hours: Unsigned
    """Of the speech, with what was left out."""
    hours_heard: Unsigned
    """In all steps, an utterance as often as it was heard."""
    seconds: Unsigned
    """That the steps took."""
    device: MaybeText = None
    """What computed the steps; absent in old rows, which are of a CPU."""
    model_sha256: MaybeText = None
    """Of the result, in rows from before `sha256`."""


class StepRatios(Part, frozen=True):
    """Processor time of a step over that of a float step; `law`: through the law itself, where it was timed."""

    quantized: Positive
    law: MaybePositive = None


class StepSeconds(Part, frozen=True):
    """Seconds of processor time of a step, medians."""

    real: Positive = Field(alias="float")
    quantized: MaybePositive = None
    law: MaybePositive = None


class TrainingStepRow(LedgerRow, frozen=True):
    """One step of quantization-aware training beside a float one (benchmarks/training_step.py)."""

    NOUN: ClassVar[str] = "a training step"

    kind: Literal["training-step"]
    model: Text
    recipe: Text
    seconds_of_audio: Size
    repeats: Size
    cpu: Text
    ratios: StepRatios
    processor_seconds: StepSeconds
    other_load: Unsigned | None = None
    """Cores that others kept busy meanwhile; None where the system does not tell."""

    @property
    def machine_name(self) -> str:
        """The processor and its cores."""
        return machine_name(self.cpu, self.machine, self.cpus)
