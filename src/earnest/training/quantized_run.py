"""Quantization-aware training: a recipe's program, taught by the float model that it was made from.

Its folder has `program.earnest` too: the program of the running mean that was chosen. Word errors are those of that
program on the native engine.
"""

import copy
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from torch import Tensor

from earnest.file import save
from earnest.file.whole import write_whole
from earnest.integer.program import Program
from earnest.integer.target import Target, load_target
from earnest.integer.verifier import verify
from earnest.models import load
from earnest.nn.lowering import lower
from earnest.nn.parallel import each
from earnest.pipeline import description_of, prepared, quantize, round_
from earnest.runtime.audio import read_audio
from earnest.runtime.description import Heard
from earnest.runtime.fingerprint import audio_sha256
from earnest.runtime.recogniser import Recognizer
from earnest.speech.librispeech import Utterance, read_split, select
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align, total
from earnest.swapping.recipe import Recipe, load_recipe
from earnest.training.checkpoint import read_chosen
from earnest.training.features import Features
from earnest.training.latents import Latents, Passes, give_biases_
from earnest.training.loop import Watch
from earnest.training.ranks import first_rank_first
from earnest.training.specification import LatentDescent, QuantizedTraining
from earnest.training.state import Group, fresh
from earnest.training.taught_run import TaughtRun
from earnest.training.teacher import Lesson, Teacher, outputs, real_lessons


class QuantizedRun(TaughtRun[QuantizedTraining]):
    """Its folder has `recipe.json` too, the recipe with the widths that were found under a budget."""

    def __init__(self, settings: QuantizedTraining, folder: Path, watch: Watch) -> None:
        self.settings, self.folder, self.watch = settings, folder, watch
        self.model, self.result = load(settings.model), folder / "program.earnest"
        chosen = settings.calibration
        spoken = select(read_split(chosen.data, transcripts="absent"), chosen.limit)
        paths, target = [one.path for one in spoken], load_target(settings.target)
        self.ready = prepared(self.model, self._recipe(paths, target), target, paths, progress=watch.progress)
        twin = give_biases_(self.ready.twin)
        real = copy.deepcopy(twin)
        self.latents = Latents(twin)
        if not (folder / "state.safetensors").exists():
            if settings.start is not None:
                self.latents.take_up_(read_chosen(Path(settings.start)))
            else:
                round_(self.ready, watch.progress)
                self.latents.begin_(twin)
        self.state = fresh(self.latents, _groups(self.latents, settings.descent))
        self.passes = Passes(twin)
        self.hear_(twin.shortest, twin.longest)
        self.teacher = Teacher(real_lessons(real), self.train)
        self.blocks = outputs(real)

    def _recipe(self, recordings: list[Path], target: Target) -> Recipe:
        named, kept = load_recipe(self.settings.recipe), self.folder / "recipe.json"
        if self.settings.budget is None:
            return named
        with first_rank_first():
            if not kept.exists():
                asked, name = named.under(self.settings.budget), Path(self.settings.model).name
                found = quantize(self.model, asked, target, recordings, name=name, progress=self.watch.progress)
                self.folder.mkdir(parents=True, exist_ok=True)
                write_whole(kept, found.recipe.model_dump_json(indent=2).encode())
        return Recipe.model_validate_json(kept.read_bytes())

    def values(self) -> list[Tensor]:
        """The weights at their codes, and the rest."""
        return self.latents.values(self.ready.twin)

    def heard(self, features: Tensor, values: list[Tensor]) -> tuple[Lesson, list[Tensor]]:
        """By a simulation of the law."""
        leaves = [value.detach().requires_grad_() for value in values]
        made: dict[str, Tensor] = {}

        def observe(name: str, x: Tensor) -> None:
            if name in self.blocks:
                made[name] = x

        return (self.passes.run(features, leaves, observe), made), leaves

    def program(self, means: dict[str, Tensor]) -> Program:
        """The program of means of what is trained, verified; its recipe is called after the run."""
        learnt, twin = copy.deepcopy(self.latents), copy.deepcopy(self.ready.twin)
        learnt.load_state_dict(means)
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
        recogniser = Recognizer(self.program(self.state.average))
        for place, features in self.validation.items():
            count = len(features.utterances)
            yield place, count, total(each(lambda index: _errors(recogniser, features, index), range(count)))  # noqa: B023

    def write(self) -> None:
        """The program."""
        save(self.program(self.state.chosen), self.result)


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
