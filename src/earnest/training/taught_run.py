"""A run whose teacher is the float model that it starts from: no transcript is read."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from earnest.errors import TrainingError
from earnest.methods.distillation import divergence, relative_error, token_loss
from earnest.models import FloatModel
from earnest.nn.parallel import each
from earnest.runtime.audio import read_audio
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.speech.librispeech import Utterance, read_split
from earnest.training.data.acoustics import augment
from earnest.training.data.batches import endless
from earnest.training.data.features import Features, cached_features
from earnest.training.data.material import FRAMES_PER_SECOND
from earnest.training.loop import Run
from earnest.training.ranks import first_rank_first, rank, sum_, world
from earnest.training.specification import Taught
from earnest.training.teacher import Outputs, Teacher

AnyTaught = TypeVar("AnyTaught", bound=Taught[Any])


class TaughtRun(Run[AnyTaught]):
    """Losses are sums of what `methods.distillation` counts."""

    model: FloatModel
    teacher: Teacher
    spoken: list[Utterance]
    validation: Mapping[str, Features]

    def read_data_(self, shortest: int, longest: int) -> None:
        """Read what is trained and validated on; utterances outside of these lengths are left out of training."""
        self.spoken = [one for place in self.settings.data.train for one in read_split(place, transcripts="absent")]
        self.train = self._features(self.spoken)
        self.usable = [
            index
            for index, length in enumerate(self.train.lengths)
            if shortest <= self._frames(length, "fewest") and self._frames(length, "most") <= longest
        ]
        if not self.usable:
            places = ", ".join(self.settings.data.train)
            raise TrainingError(f"{places}: expected recordings of {shortest} to {longest} frames, got none")
        self.validation = {
            place: self._features(read_split(place, transcripts="required")) for place in self.settings.data.validation
        }

    def _frames(self, frames: int, bound: Literal["fewest", "most"]) -> int:
        """How many an utterance of so many frames may have after augmentation."""
        augmentation = self.settings.augmentation
        if augmentation is None:
            return frames
        speed, silence = augmentation.speed, augmentation.acoustics.silence.high
        rate = self.front_end.sample_rate / self.front_end.hop
        if bound == "fewest":
            return int(frames / speed.high)
        return ceil(frames / speed.low + 2 * silence * rate) + 1

    def _features(self, utterances: list[Utterance]) -> Features:
        with first_rank_first():
            return cached_features(utterances, self.front_end, self.folder / "features", self.callbacks.progress)

    @property
    def front_end(self) -> LogMel:
        """The model's. TrainingError where it reads something else than log-mel features."""
        front_end = self.model.front_end
        if not isinstance(front_end, LogMel):
            raise TrainingError(f"{self.settings.model}: expected a model of log-mel features, got {front_end}")
        return front_end

    def batches(self) -> Iterator[list[int]]:
        """Utterances of nearly one length."""
        most = int(self.settings.utterances.seconds * FRAMES_PER_SECOND)
        lengths = [self.train.lengths[index] for index in self.usable]
        for batch in endless(lengths, most, self.settings.seed):
            yield [self.usable[index] for index in batch]

    @abstractmethod
    def values(self) -> list[Tensor]:
        """What a pass reads, made of what is trained."""

    @abstractmethod
    def forward_pass(self, features: Tensor, values: list[Tensor]) -> tuple[Outputs, list[Tensor]]:
        """The student's outputs for one input, and the leaves of its graph that stand for the values."""

    def descend_(self, indices: list[int]) -> float:
        """Utterances side by side; their gradients are summed in their order, so that the number of threads changes
        nothing. Ranks share them.
        """
        values = self.values()
        frames = sum(self.train.lengths[index] for index in indices)
        summed = [torch.zeros_like(value) for value in values]
        loss = torch.zeros((), dtype=torch.float64)
        for one, gradients in each(
            lambda index: self._loss_and_gradients(index, values, frames), indices[rank() :: world()]
        ):
            loss += one
            for whole, part in zip(summed, gradients, strict=True):
                whole.add_(part)
        sum_(summed)
        sum_([loss])
        torch.autograd.backward(values, summed)
        return loss.item()

    def _loss_and_gradients(self, index: int, values: list[Tensor], frames: int) -> tuple[float, tuple[Tensor, ...]]:
        """The loss of one utterance, its share of all `frames` that were recorded, and the gradients for all values."""
        features, targets = self.input_and_targets(index)
        with torch.enable_grad():
            outputs, leaves = self.forward_pass(features, values)
            loss = self._loss(targets, outputs) * (self.train.lengths[index] / frames)
            return loss.item(), torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)

    def input_and_targets(self, index: int) -> tuple[Tensor, Outputs]:
        """The features of one utterance at this step, augmented if the settings say so, and the teacher's outputs."""
        augmentation, front_end = self.settings.augmentation, self.front_end
        if augmentation is None:
            return torch.from_numpy(self.train.of(index))[None].to(self.device), self.teacher.outputs(index)
        generator = np.random.default_rng([self.settings.seed, 3, self.state.step, index])
        talker = None
        if augmentation.talker and generator.random() < augmentation.talker:
            talker = self._samples(self.usable[generator.integers(len(self.usable))])
        samples = augment(self._samples(index), front_end.sample_rate, augmentation, generator, talker)
        features = torch.from_numpy(front_end(samples))[None].to(self.device)
        return features, self.teacher.compute(features)

    def _samples(self, index: int) -> npt.NDArray[np.float32]:
        return read_audio(self.spoken[index].path, self.front_end.sample_rate).samples

    def _loss(self, targets: Outputs, outputs: Outputs) -> Tensor:
        (logits, goals), (found, made) = targets, outputs
        counts, total_loss = self.settings.loss, torch.zeros((), device=self.device)
        if counts.tokens:
            total_loss = total_loss + counts.tokens * token_loss(logits, found)
        if counts.posteriors:
            total_loss = total_loss + counts.posteriors * divergence(logits, found) / logits.shape[1]
        if counts.blocks:
            total_loss = total_loss + counts.blocks * relative_error(goals, made)
        return total_loss
