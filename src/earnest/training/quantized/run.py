"""Quantization-aware training: a recipe's program, taught by the float model that it was made from.

Its folder has `program.earnest` too, the program of the running mean that was chosen, and for each recipe that
shares its weights `program-RECIPE.earnest`. Word errors are those of these programs on the native engine.
"""

import copy
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from earnest.errors import TrainingError
from earnest.file import save
from earnest.file.whole import write_whole
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import verify
from earnest.methods.equalization_pairs import equalization_pairs
from earnest.models import load
from earnest.nn.lowering import lower
from earnest.nn.parallel import each
from earnest.pipeline import companion, description_of, prepared, quantize
from earnest.runtime.audio import read_audio
from earnest.runtime.description import CalibrationRecording
from earnest.runtime.fingerprint import audio_sha256
from earnest.runtime.naming import model_name
from earnest.runtime.recognizer import Recognizer
from earnest.speech.librispeech import Utterance, read_split, select
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align, total
from earnest.swapping.recipe import Recipe, load_recipe
from earnest.training.checkpoint import read_chosen
from earnest.training.data.features import Features
from earnest.training.loop import Callbacks, Counted
from earnest.training.quantized.initialization import initialize, initialize_from
from earnest.training.quantized.latents import QUANTIZERS, Draw, Latents, give_biases_
from earnest.training.quantized.passes import Passes
from earnest.training.ranks import first_rank_first
from earnest.training.specification import LatentDescent, QuantizedTraining
from earnest.training.state import Group, new_state
from earnest.training.taught_run import TaughtRun
from earnest.training.teacher import Outputs, Teacher, block_outputs, real_outputs


class QuantizedRun(TaughtRun[QuantizedTraining]):
    """Its folder has `recipe.json` too, the recipe with the widths that were found under a budget. `drawn` is what the
    step at work has drawn.
    """

    drawn: Draw

    def __init__(self, settings: QuantizedTraining, folder: Path, callbacks: Callbacks, device: torch.device) -> None:
        self.settings, self.folder, self.callbacks, self.device = settings, folder, callbacks, device
        learnt = self._learnt()
        self.model, others = load(settings.model), self._others()
        self.results = (folder / "program.earnest", *(folder / f"program-{name}.earnest" for name in others))
        self.names = (settings.name, *(f"{settings.name}-{name}" for name in others))
        chosen = settings.calibration
        spoken = select(read_split(chosen.data, transcripts="absent"), chosen.limit)
        paths, target = [one.path for one in spoken], load_target(settings.target)
        self.ready = prepared(self.model, self._recipe(paths, target), target, paths, progress=callbacks.progress)
        companions = [companion(self.ready, recipe, callbacks.progress) for recipe in others.values()]
        self.twins = [give_biases_(model) for model in (self.ready.twin, *companions)]
        twin = self.twins[0]
        real = copy.deepcopy(twin)
        if learnt is not None:
            self.latents = initialize_from(learnt, self.ready, self.twins, callbacks.progress)
        elif self._kept:
            self.latents = Latents(self.twins)  # whatever they are: the state is taken up
        else:
            self.latents = initialize(self.ready, self.twins, callbacks.progress)
        for model in (self.latents, *self.twins):
            model.to(device)
        of_quantizers = [name for name, _ in self.latents.named_parameters() if name.startswith(QUANTIZERS)]
        undrawn = of_quantizers if others else []
        self.state = new_state(self.latents, _groups(self.latents, settings.descent), undrawn)
        self.passes = [Passes(model) for model in self.twins]
        self.read_data_(twin.shortest, twin.longest)
        self.blocks = block_outputs(real)
        if settings.start is not None:
            # there equalization had another model to scale
            self.blocks -= {pair.name for pair in equalization_pairs(real)}
        if settings.loss.blocks and not self.blocks:
            raise TrainingError("loss.blocks: expected blocks whose outputs can be compared, found none; make it 0")
        self.teacher = Teacher(real_outputs(real.to(device), self.blocks), self.train, device)
        if learnt is not None:
            for number in range(len(self.twins)):
                self.program(self.state.average, number)  # what is taken up may break what the target allows

    @property
    def _kept(self) -> bool:
        return (self.folder / "state.safetensors").exists()

    def _learnt(self) -> dict[str, Tensor] | None:
        """What the run learnt that this one starts from, which a state that was kept has no need of."""
        if self.settings.start is None or self._kept:
            return None
        learnt, self.earlier_recordings = read_chosen(Path(self.settings.start))
        return learnt

    def _recipe(self, recordings: list[Path], target: Target) -> Recipe:
        named, kept = load_recipe(self.settings.recipe), self.folder / "recipe.json"
        if self.settings.budget is None:
            return named
        with first_rank_first():
            asked, name = named.under(self.settings.budget), model_name(Path(self.settings.model))
            if not kept.exists() or Recipe.model_validate_json(kept.read_bytes()).name != asked.name:
                found = quantize(self.model, asked, target, recordings, name=name, progress=self.callbacks.progress)
                self.folder.mkdir(parents=True, exist_ok=True)
                write_whole(kept, found.recipe.model_dump_json(indent=2).encode())
        return Recipe.model_validate_json(kept.read_bytes())

    def _others(self) -> dict[str, Recipe]:
        """Of co-training, by what they or their files are called."""
        shared = [] if self.settings.co_training is None else self.settings.co_training.recipes
        names = [Path(place).name.removesuffix(".toml") for place in self.settings.every_recipe]
        if len(set(names)) < len(names):
            raise TrainingError(f"co_training.recipes: expected recipes of different names, got {', '.join(names)}")
        found = {name: load_recipe(place) for name, place in zip(names[1:], shared, strict=True)}
        if budgets := [name for name, recipe in found.items() if recipe.budget is not None]:
            raise TrainingError(f"co_training.recipes: expected recipes without a budget, got {', '.join(budgets)}")
        return found

    def draw(self) -> Draw:
        """By which recipe everything, or each weight, is rounded at this step."""
        shared, latents = self.settings.co_training, self.latents
        if shared is None:
            return latents.always(0)
        generator = np.random.default_rng([self.settings.seed, 4, self.state.step])
        drawn = generator.integers(len(self.twins), size=len(latents.paths) + 1).tolist()
        return latents.always(drawn[-1]) if shared.draw == "step" else Draw(tuple(drawn[:-1]), drawn[-1])

    def values(self) -> list[Tensor]:
        """The weights at their codes, and the rest."""
        self.drawn = self.draw()
        return self.latents.values(self.drawn)

    def forward_pass(self, features: Tensor, values: list[Tensor]) -> tuple[Outputs, list[Tensor]]:
        """By a simulation of the law."""
        leaves = [value.detach().requires_grad_() for value in values]
        made: dict[str, Tensor] = {}

        def observe(name: str, x: Tensor) -> None:
            if name in self.blocks:
                made[name] = x

        return (self.passes[self.drawn.edges].run(features, leaves, observe), made), leaves

    def program(self, means: dict[str, Tensor], number: int = 0) -> Program:
        """The program of means of what is trained, by one of the recipes, verified."""
        learnt, twins = copy.deepcopy(self.latents).cpu(), list(self.twins)
        twin = twins[number] = copy.deepcopy(twins[number]).cpu()
        learnt.load_state_dict(means)
        learnt.write_(twins, number)
        name, recordings = model_name(Path(self.settings.model)), self.all_recordings()
        described = description_of(self.model, twin, recipe=self.names[number], name=name, calibration=recordings)
        program = lower(twin, described.to_dict())
        verify(program, self.ready.target)
        return program

    def all_recordings(self) -> tuple[CalibrationRecording, ...]:
        """Of calibration and training, each once, those of the runs that it started from too."""
        return tuple(dict.fromkeys((*self.ready.recordings, *self._training_recordings, *self.earlier_recordings)))

    @cached_property
    def _training_recordings(self) -> list[CalibrationRecording]:
        rate = self.model.front_end.sample_rate
        return list(each(lambda one: _identify(one, rate), self.spoken))

    def word_errors(self) -> Iterator[Counted]:
        """Of every program."""
        for number, path in enumerate(self.results):
            recognizer = Recognizer(self.program(self.state.average, number))
            for place, features in self.validation.items():
                count = len(features.utterances)
                errors = total(each(lambda index: _errors(recognizer, features, index), range(count)))  # noqa: B023
                yield Counted(path.name, Path(place).name, count, errors)

    def write(self) -> None:
        """The programs."""
        for number, path in enumerate(self.results):
            save(self.program(self.state.chosen, number), path)


def _groups(latents: Latents, descent: LatentDescent) -> list[Group]:
    """What learns at which part of the rate; shares alone decay."""
    return [
        Group(parameters=list(latents.shares), share=descent.weights, decay=descent.decay),
        Group(parameters=list(latents.quantizers.parameters()), share=descent.ranges),
        Group(parameters=list(latents.reals), share=descent.reals),
    ]


def _identify(utterance: Utterance, rate: int) -> CalibrationRecording:
    samples = read_audio(utterance.path, rate).samples
    return CalibrationRecording(id=utterance.id, audio_sha256=audio_sha256(samples))


def _errors(recognizer: Recognizer, features: Features, index: int) -> WordErrors:
    logits = recognizer.logits(recognizer.codes_of(features.of(index)))
    return align(words(features.utterances[index].text or ""), words(recognizer.read(logits).text))
