"""A training run, as a TOML file that a person writes. docs/training.md says what every key means."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from earnest.errors import TrainingError
from earnest.file.settings import Part, Place, read_settings
from earnest.models.conformer.config import Activation, Attention, Norm

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Chance = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]


class Shape(Part):
    """The Conformer-CTC: see `models.conformer.ConformerConfig`; `classes` counts the blank, the others are pieces."""

    width: Count
    layers: Count
    heads: Count
    feed_forward: Count
    kernel: Count
    channels: Count
    classes: int = Field(ge=30)
    dropout: Share
    activation: Activation = "silu"
    norm: Norm = "layer"
    attention: Attention = "plain"
    bound: Positive | None = None


class Folders(Part):
    """Folders in LibriSpeech's layout: what is trained on, and what word errors are counted on."""

    train: list[Place] = Field(min_length=1)
    validation: list[Place]


class Hypotheses(Part):
    """More folders to train on, without transcripts: their words are hypotheses of the float model `teacher`."""

    teacher: Place
    data: list[Place] = Field(min_length=1)


class Batches(Part):
    """A batch has utterances of nearly one length, `seconds` of audio at most, the padding included. For the first
    `short_steps` steps only utterances up to `short_seconds` are trained on.
    """

    seconds: Positive
    short_seconds: Positive
    short_steps: int = Field(ge=0)


class Masks(Part):
    """SpecAugment [Park 2019, arXiv:1904.08779]: how many bands of features and spans of time are hidden in every
    utterance; a band has up to `band` features, a span up to `span` of the utterance's frames.
    """

    bands: int = Field(ge=0)
    band: int = Field(ge=0)
    spans: int = Field(ge=0)
    span: Share


class Range(Part):
    """A value is drawn evenly between `low` and `high`."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.high:
            raise ValueError(f"expected low <= high, got {self.low} and {self.high}")
        return self


class Acoustics(Part):
    """What happens to a recording: silence at both ends (seconds), an echo of RT60 seconds whose energy is `direct_db`
    below the direct sound, noise `snr_db` below the speech whose power falls with frequency^-`slope`, and the peak.
    """

    silence: Range
    echo: Chance
    rt60: Range
    direct_db: Range
    noise: Chance
    snr_db: Range
    slope: Range
    peak: Range

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.silence.low < 0 or min(self.rt60.low, self.peak.low) < 1e-3:
            raise ValueError(
                "expected silence from 0, rt60 and peak from 0.001, "
                f"got {self.silence.low}, {self.rt60.low} and {self.peak.low}"
            )
        return self


class Augmentation(Part):
    """What happens to a recording, drawn anew at every step: it is so many times as fast, and in a room; at a
    chance of `talker` another one of the data is added to it, `talker_db` below it.
    """

    speed: Range
    acoustics: Acoustics
    talker: Chance = 0.0
    talker_db: Range = Range(low=10.0, high=10.0)

    @model_validator(mode="after")
    def _intelligible(self) -> Self:
        if not 0.5 <= self.speed.low <= self.speed.high <= 2.0:
            raise ValueError(f"expected speeds from 0.5 to 2, got {self.speed.low} to {self.speed.high}")
        if not all(math.isclose(100 * speed, round(100 * speed)) for speed in (self.speed.low, self.speed.high)):
            raise ValueError(f"expected speeds of whole per cents, got {self.speed.low} to {self.speed.high}")
        return self


class Descent(Part):
    """AdamW [Loshchilov 2019, arXiv:1711.05101]: the rate rises to `rate` over `warmup` steps, then falls along a
    cosine to `last_rate` at the last of `steps`. Gradients are scaled down to the norm `clip`; only matrices decay.
    What is validated and kept are the weights' running mean, of which every step leaves `average`.
    """

    steps: Count
    rate: Positive
    last_rate: Positive
    warmup: Count
    decay: NotNegative
    clip: Positive
    average: Share


class TaughtDescent(Descent):
    """The same of weights as shares of the ranges of their rows, which have `weights` times the rate, 0 if they stay as
    they are; what has no code (biases, gains of norms) has `reals` times the rate.
    """

    weights: NotNegative = 1.0
    reals: Positive


class LatentDescent(TaughtDescent):
    """The logarithms of steps and of multipliers, and zero points, have `ranges` times the rate."""

    ranges: Positive


class Intervals(Part):
    """Every how many steps a line is logged, the state is kept, and word errors are counted."""

    log: Count
    keep: Count
    validate_: Count = Field(alias="validate")


AnyDescent = TypeVar("AnyDescent", bound=Descent)


class Settings(Part, Generic[AnyDescent]):
    """What every training run has."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    seed: int = Field(ge=0)
    data: Folders
    descent: AnyDescent
    watch: Intervals

    @model_validator(mode="after")
    def _warm_before_the_end(self) -> Self:
        if self.descent.warmup > self.descent.steps:
            raise ValueError(f"expected warmup <= steps, got {self.descent.warmup} and {self.descent.steps}")
        return self


class Training(Settings[Descent]):
    """A float model. `bfloat16` is the precision of products (torch's autocast); sums and weights stay float32.
    Training starts from nothing, or from the weights and the pieces of the model in the folder `start`.
    """

    precision: Literal["float32", "bfloat16"]
    start: Place | None = None
    model: Shape
    hypotheses: Hypotheses | None = None
    batches: Batches
    masks: Masks


class Calibration(Part):
    """Recordings that ranges and rounding are chosen by, and how many of them; transcripts are not read."""

    data: Place
    limit: Count


class Loss(Part):
    """What each part of the loss counts: the float model's tokens, its posteriors, the outputs of its blocks
    (methods.distillation).
    """

    tokens: NotNegative
    posteriors: NotNegative
    blocks: NotNegative

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.tokens + self.posteriors + self.blocks > 0:
            raise ValueError("expected a part that counts, got 0 for all")
        return self


class Utterances(Part):
    """How many seconds of audio a step has; every utterance is read alone, as it is when it is recognized."""

    seconds: Positive


class Taught(Settings[AnyDescent], Generic[AnyDescent]):
    """The float `model` is the teacher, and what training starts from. Both read the recordings as they are, or as
    the `augmentation` makes them.
    """

    model: Place
    utterances: Utterances
    loss: Loss
    augmentation: Augmentation | None = None


class SelfDistillation(Taught[TaughtDescent]):
    """A float model taught by itself: what quantization-aware training is compared with."""


class CoTraining(Part):
    """Recipes that share the weights of a run with its own. At every step one of them all is drawn [Li 2025,
    arXiv:2505.21245], by which everything is rounded; or, for each weight, one of its own.
    """

    recipes: list[Place] = Field(min_length=1)
    draw: Literal["step", "weight"]


class QuantizedTraining(Taught[LatentDescent]):
    """Quantization-aware training: what the recipe makes of the float model is taught by it. It starts at the codes
    that the recipe finds, under the `budget` if there is one, or at what another run of the model learnt, whose state
    is the file `start` (training.quantized.initialization). With `co_training` other recipes make programs of the same
    weights.
    """

    recipe: Place
    target: Place
    budget: str | None = None
    start: Place | None = None
    calibration: Calibration
    co_training: CoTraining | None = None

    @property
    def every_recipe(self) -> list[Place]:
        """Its own, and those that share its weights."""
        return [self.recipe, *([] if self.co_training is None else self.co_training.recipes)]


AnyTraining = Training | SelfDistillation | QuantizedTraining


def load_training(path: str | os.PathLike[str], changes: Sequence[str] = ()) -> AnyTraining:
    """Read a training run's file, with `changes` to its values (file.settings): quantization-aware with a recipe, a
    model's teaching of itself with the path of a model and none, a float model's training with the model's shape.
    TrainingError names the key that is wrong.
    """

    def kind(content: Mapping[str, Any]) -> type[AnyTraining]:
        if "recipe" in content:
            return QuantizedTraining
        return SelfDistillation if isinstance(content.get("model"), str) else Training

    return read_settings(
        path, kind, what="a training run", page="docs/training.md", error=TrainingError, changes=changes
    )
