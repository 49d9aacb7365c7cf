"""Quantization-aware training: a recipe's program, taught by the float model that it was made from.

Its folder has `program.earnest` too: the program of the running mean of what is trained. Word errors are those of that
program on the native engine.
"""

import copy
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from earnest.errors import TrainingError
from earnest.file import save
from earnest.integer.program import Program
from earnest.integer.target import load_target
from earnest.integer.verifier import verify
from earnest.methods.distillation import divergence, relative_error, token_loss
from earnest.models import load
from earnest.nn.lowering import lower
from earnest.nn.parallel import each
from earnest.pipeline import description_of, prepared, round_
from earnest.runtime.audio import read_audio
from earnest.runtime.description import Heard
from earnest.runtime.fingerprint import audio_sha256
from earnest.runtime.front_end import LogMel
from earnest.runtime.recogniser import Recognizer
from earnest.speech.librispeech import Utterance, read_split, select
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align, total
from earnest.swapping.recipe import load_recipe
from earnest.training.batches import endless
from earnest.training.checkpoint import read_average
from earnest.training.features import Features, cached
from earnest.training.latents import Latents, Passes, give_biases_
from earnest.training.loop import Run, Watch
from earnest.training.material import FRAMES_PER_SECOND
from earnest.training.ranks import first_rank_first, rank, sum_, world
from earnest.training.specification import LatentDescent, QuantizedTraining
from earnest.training.state import Group, fresh
from earnest.training.teacher import Teacher


class QuantizedRun(Run[QuantizedTraining]):
    """Losses are sums of what `methods.distillation` counts."""

    def __init__(self, settings: QuantizedTraining, folder: Path, watch: Watch) -> None:
        self.settings, self.folder, self.watch = settings, folder, watch
        self.model, self.result = load(settings.model), folder / "program.earnest"
        chosen = settings.calibration
        spoken = select(read_split(chosen.data, transcripts="absent"), chosen.limit)
        recipe, target = load_recipe(settings.recipe), load_target(settings.target)
        paths = [one.path for one in spoken]
        self.ready = prepared(self.model, recipe, target, paths, progress=watch.progress)
        twin = give_biases_(self.ready.twin)
        real = copy.deepcopy(twin)
        self.latents = Latents(twin)
        if not (folder / "state.safetensors").exists():
            if settings.start is not None:
                self.latents.take_up_(read_average(Path(settings.start)))
            else:
                round_(self.ready, watch.progress)
                self.latents.begin_(twin)
        self.state = fresh(self.latents, _groups(self.latents, settings.descent))
        self.passes = Passes(twin)
        self.spoken = [one for place in settings.data.train for one in read_split(place, transcripts="absent")]
        self.train = self._features(self.spoken)
        self.teacher = Teacher(real, self.train)
        self.usable = [
            index for index, length in enumerate(self.train.lengths) if twin.shortest <= length <= twin.longest
        ]
        self.validation = {
            place: self._features(read_split(place, transcripts="required")) for place in settings.data.validation
        }

    def _features(self, utterances: list[Utterance]) -> Features:
        front_end = self.model.front_end
        if not isinstance(front_end, LogMel):
            raise TrainingError(f"{self.settings.model}: expected a model of log-mel features, got {front_end}")
        with first_rank_first():
            return cached(utterances, front_end, self.folder / "features", self.watch.progress)

    def batches(self) -> Iterator[list[int]]:
        """Utterances of nearly one length."""
        most = int(self.settings.utterances.seconds * FRAMES_PER_SECOND)
        lengths = [self.train.lengths[index] for index in self.usable]
        for batch in endless(lengths, most, self.settings.seed):
            yield [self.usable[index] for index in batch]

    def descend_(self, indices: list[int]) -> float:
        """Utterances side by side; their gradients are summed in their order, so that the number of threads changes
        nothing. Ranks share them.
        """
        values = self.latents.values(self.ready.twin)
        frames = sum(self.train.lengths[index] for index in indices)
        summed = [torch.zeros_like(value) for value in values]
        loss = torch.zeros((), dtype=torch.float64)
        for one, gradients in each(lambda index: self._taught(index, values, frames), indices[rank() :: world()]):
            loss += one
            for whole, part in zip(summed, gradients, strict=True):
                whole.add_(part)
        sum_(summed)
        sum_([loss])
        torch.autograd.backward(values, summed)
        return loss.item()

    def _taught(self, index: int, values: list[Tensor], frames: int) -> tuple[float, tuple[Tensor, ...]]:
        """The loss of one utterance, its share of all `frames`, and the gradients for all values."""
        logits, goals = self.teacher.lesson(index)
        made: dict[str, Tensor] = {}

        def observe(name: str, x: Tensor) -> None:
            if name in goals:
                made[name] = x

        with torch.enable_grad():
            leaves = [value.detach().requires_grad_() for value in values]
            features = torch.from_numpy(self.train.of(index))[None]
            found = self.passes.run(features, leaves, observe)
            loss = self._loss(logits, found, goals, made) * (self.train.lengths[index] / frames)
            return loss.item(), torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)

    def _loss(self, logits: Tensor, found: Tensor, goals: dict[str, Tensor], made: dict[str, Tensor]) -> Tensor:
        counts, total_loss = self.settings.loss, torch.zeros(())
        if counts.tokens:
            total_loss = total_loss + counts.tokens * token_loss(logits, found)
        if counts.posteriors:
            total_loss = total_loss + counts.posteriors * divergence(logits, found) / logits.shape[1]
        if counts.blocks:
            total_loss = total_loss + counts.blocks * relative_error(goals, made)
        return total_loss

    def program(self) -> Program:
        """The program of the mean of what is trained, verified; its recipe is called after the run."""
        learnt, twin = copy.deepcopy(self.latents), copy.deepcopy(self.ready.twin)
        learnt.load_state_dict(self.state.average)
        learnt.write_(twin)
        name, heard = Path(self.settings.model).name, (*self.ready.heard, *self._heard)
        described = description_of(
            self.model, twin, recipe=self.settings.name, name=name, calibration=tuple(dict.fromkeys(heard))
        )
        program = lower(twin, described.to_dict())
        verify(program, self.ready.target)
        return program

    @cached_property
    def _heard(self) -> list[Heard]:
        rate = self.model.front_end.sample_rate
        return list(each(lambda one: _known(one, rate), self.spoken))

    def word_errors(self) -> Iterator[tuple[str, int, WordErrors]]:
        """Of the program."""
        recogniser = Recognizer(self.program())
        for place, features in self.validation.items():
            count = len(features.utterances)
            yield place, count, total(each(lambda index: _errors(recogniser, features, index), range(count)))  # noqa: B023

    def write(self) -> None:
        """The program."""
        save(self.program(), self.result)


def _groups(latents: Latents, descent: LatentDescent) -> list[Group]:
    """What learns at which part of the rate; shares alone decay."""
    return [
        Group(parameters=list(latents.shares), decay=descent.decay),
        Group(parameters=[*latents.reaches, latents.edges], share=descent.ranges),
        Group(parameters=list(latents.reals), share=descent.reals),
    ]


def _known(utterance: Utterance, rate: int) -> Heard:
    samples = read_audio(utterance.path, rate).samples
    return Heard(id=utterance.id, audio_sha256=audio_sha256(samples))


def _errors(recogniser: Recognizer, features: Features, index: int) -> WordErrors:
    logits = recogniser.logits(recogniser.codes_of(features.of(index)))
    return align(words(features.utterances[index].text or ""), words(recogniser.read(logits).text))
