"""The whole way: float model, recipe, target and recordings to a verified program."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError, RecipeError
from earnest.file import file_report
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import OverflowProof, verify
from earnest.methods.budget import Measured, allocated, smaller
from earnest.methods.catalogue import methods_of
from earnest.methods.method import Material
from earnest.methods.milliseconds import milliseconds, milliseconds_by_width
from earnest.methods.posteriors import distance
from earnest.methods.widths import sensitivities
from earnest.models import FloatModel
from earnest.models.transcription import taught
from earnest.nn.lowering import lower
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import one_torch_thread
from earnest.nn.weight import WeightCodes
from earnest.numerics.entry import entry_multiplier
from earnest.runtime.audio import read_audio
from earnest.runtime.description import CalibrationRecording, Description, InputGrid
from earnest.runtime.fingerprint import audio_sha256
from earnest.swapping.budget import parse_budget
from earnest.swapping.recipe import Recipe, load_recipe
from earnest.swapping.swap import LONGEST_FRAMES, swap, swaps

Progress = Callable[[str, int, int], None]
"""Called with the stage, the parts of it that are done, and how many there are."""

ATTEMPTS = 4
"""How often widths are chosen, because the file that they give is larger than its budget."""

MEASURED = 12
"""Recordings on which the loss by each weight is measured, the first of those of calibration."""

CALIBRATION_SECONDS = 30.0
"""Longest recording that calibration reads whole; the rest of a longer one is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """A program, the twins that it came from, the recipe with all its widths, and what the verifier proved."""

    program: Program
    twin: TwinModel
    recipe: Recipe
    proof: OverflowProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Calibrated twins whose weights no method has rounded yet, the recipe with all its widths, and the inputs of
    calibration, with what its recordings are known by. `twins` makes those of another recipe. `measured` is None where
    the recipe has no budget.
    """

    twin: TwinModel
    twins: Callable[[Recipe], TwinModel]
    recipe: Recipe
    target: Target
    batches: tuple[Inputs, ...]
    calibration: tuple[CalibrationRecording, ...]
    measured: Measured | None


def quantized_twin(
    module: nn.Module,
    recipe: str | Recipe,
    target: str | Target,
    batches: Sequence[Inputs],
    *,
    features: int | None,
    longest: int = LONGEST_FRAMES,
    one_length: bool = False,
    most_tokens: int | None = None,
) -> TwinModel:
    """Calibrated twins of any module, by all that a recipe without a budget does; `batches` are its inputs.

    The rest as in `swap`. RecipeError for a recipe with a budget, which needs recordings and their losses.
    """
    rules = load_recipe(recipe) if isinstance(recipe, str) else recipe
    if rules.budget is not None:
        raise RecipeError(f"recipe {rules.name}: expected one without a budget, got {rules.budget!r}: use `quantize`")
    methods_of(rules)
    device = load_target(target) if isinstance(target, str) else target
    twin = swap(
        module, rules, device, features=features, longest=longest, one_length=one_length, most_tokens=most_tokens
    )
    _calibrate_(twin, rules, batches, device, None)
    _round_(twin, rules, batches, device, None)
    return twin


def calibration_features(
    model: FloatModel, recordings: Sequence[Path], *, longest: int = LONGEST_FRAMES, progress: Progress | None = None
) -> list[torch.Tensor]:
    """Features of recordings, [1, frames, mels] or [1, samples], at most 30 s and `longest` frames of each."""
    return [features for features, _ in _recorded(model, recordings, longest, progress)]


def _recorded(
    model: FloatModel, recordings: Sequence[Path], longest: int, progress: Progress | None
) -> Iterator[tuple[torch.Tensor, CalibrationRecording]]:
    """The features of each recording, and what it is known by: the name of its file, and the whole of its audio."""
    most = min(int(CALIBRATION_SECONDS * model.front_end.sample_rate), longest * model.front_end.hop)
    for index, path in enumerate(recordings, start=1):
        samples = read_audio(path, model.front_end.sample_rate).samples
        features = torch.from_numpy(np.ascontiguousarray(model.front_end(samples[:most])))[None]
        yield features, CalibrationRecording(id=Path(path).stem, audio_sha256=audio_sha256(samples))
        if progress is not None:
            progress("reading", index, len(recordings))


def quantize(
    model: FloatModel,
    recipe: str | Recipe,
    target: str | Target,
    recordings: Sequence[Path],
    *,
    name: str,
    longest: int = LONGEST_FRAMES,
    progress: Progress | None = None,
) -> Quantized:
    """Swap, calibrate on recordings, lower, verify. `name` is what the program calls the float model that it came
    from.
    """
    chosen = load_recipe(recipe) if isinstance(recipe, str) else recipe
    device = load_target(target) if isinstance(target, str) else target
    asked, measured = chosen, None
    for _ in range(ATTEMPTS):
        ready = prepared(model, asked, device, recordings, longest=longest, progress=progress, measured=measured)
        round_(ready, progress)
        described = description_of(model, ready.twin, recipe=chosen.name, name=name, calibration=ready.calibration)
        program = lower(ready.twin, described.to_dict())
        less = None
        if chosen.budget is not None and asked.budget is not None:
            budget = parse_budget(chosen.budget)
            took = milliseconds(program, model.front_end) if budget.unit == "ms" else None
            less = smaller(budget, parse_budget(asked.budget), file_report(program), took)
        if less is None:
            proof = verify(program, device)
            return Quantized(program=program, twin=ready.twin, recipe=ready.recipe, proof=proof)
        asked, measured = chosen.model_copy(update={"budget": str(less)}), ready.measured
    raise CalibrationError(
        f"a budget of {chosen.budget}: after {ATTEMPTS} attempts the program still takes more; allow more"
    )


def prepared(
    model: FloatModel,
    recipe: Recipe,
    target: Target,
    recordings: Sequence[Path],
    *,
    longest: int = LONGEST_FRAMES,
    progress: Progress | None = None,
    measured: Measured | None = None,
) -> Prepared:
    """Swap, widths under the recipe's budget, what it does before calibration, and calibration. What was `measured` for
    another budget is not measured again.
    """
    if not recordings:
        raise CalibrationError("expected at least one recording to calibrate on, got none")

    methods_of(recipe)
    budget = None if recipe.budget is None else parse_budget(recipe.budget)
    if budget is not None and model.recognition.most_tokens is not None:
        raise RecipeError(
            f"recipe {recipe.name}: expected no budget for a model with a decoder, got {recipe.budget!r}: what weights "
            "lose is measured by CTC; give the widths in the recipe"
        )

    twins = swaps(
        model.module,
        target,
        features=model.front_end.features,
        longest=model.front_end.only_frames or longest,
        one_length=model.front_end.only_frames is not None,
        most_tokens=model.recognition.most_tokens,
    )
    twin = twins(recipe)
    features, known = zip(*_recorded(model, recordings, twin.longest, progress), strict=True)
    batches = taught(model, features, _stage("listening", progress))
    with one_torch_thread():
        if budget is not None:
            measured = measured or _measure(model, twins, recipe, target, features, known, progress)
            recipe = allocated(recipe, budget, measured, target)
            twin = twins(recipe)
    _calibrate_(twin, recipe, batches, target, progress)
    return Prepared(
        twin=twin, twins=twins, recipe=recipe, target=target, batches=batches, calibration=known, measured=measured
    )


def companion(ready: Prepared, recipe: Recipe, progress: Progress | None = None) -> TwinModel:
    """Calibrated twins of another recipe, with the weights that those of `ready` have before they are rounded: its own
    widths, groups and ranges, and no method. RecipeError for one with a budget.
    """
    if recipe.budget is not None:
        raise RecipeError(f"recipe {recipe.name}: expected one without a budget, got {recipe.budget!r}")
    twin = ready.twins(recipe)
    with torch.no_grad():
        for mine, other in zip(twin.parameters(), ready.twin.parameters(), strict=True):
            mine.copy_(other)
    return recalibrate_(twin, ready.batches, progress)


def recalibrate_(twin: TwinModel, batches: Sequence[Inputs], progress: Progress | None = None) -> TwinModel:
    """Levels for weights and grids for edges of twins whose parameters were changed, which are returned."""
    for each in (twin.twin(call.name) for call in twin.calls):
        if isinstance(each, WeightCodes):
            each.choose_levels_()
    with one_torch_thread():
        return calibrate(twin, batches, _stage("calibrating", progress))


def round_(ready: Prepared, progress: Progress | None = None) -> None:
    """What a recipe does to the weights of calibrated twins."""
    _round_(ready.twin, ready.recipe, ready.batches, ready.target, progress)


def _calibrate_(
    twin: TwinModel, recipe: Recipe, batches: Sequence[Inputs], target: Target, progress: Progress | None
) -> None:
    """What a recipe does before ranges are measured, and their measurement."""
    with one_torch_thread():
        material = Material(twin=twin, real=twin, batches=batches, target=target)
        for method in methods_of(recipe):
            if method.stage == "before calibration":
                method.apply(material, _stage(method.name, progress))
        calibrate(twin, batches, _stage("calibrating", progress))


def _round_(
    twin: TwinModel, recipe: Recipe, batches: Sequence[Inputs], target: Target, progress: Progress | None
) -> None:
    with one_torch_thread():
        methods = [method for method in methods_of(recipe) if method.stage == "after calibration"]
        real = copy.deepcopy(twin) if any(method.against_real for method in methods) else twin
        material = Material(twin=twin, real=real, batches=batches, target=target)
        for method in methods:
            method.apply(material, _stage(method.name, progress))


def _measure(
    model: FloatModel,
    twins: Callable[[Recipe], TwinModel],
    recipe: Recipe,
    target: Target,
    batches: Sequence[torch.Tensor],
    calibration: tuple[CalibrationRecording, ...],
    progress: Progress | None,
) -> Measured:
    """Each weight alone on the first recordings, the file that the recipe's own widths give, and, where the budget is
    one of milliseconds, programs whose weights all have one width, for every width that the target has.
    """

    def program_of(rules: Recipe) -> Program:
        made = twins(rules)
        calibrate(made, batches[:1])  # grids change few bytes, and no times
        described = description_of(model, made, recipe=rules.name, name=rules.name, calibration=calibration)
        return lower(made, described.to_dict())

    twin = twins(recipe)
    found = sensitivities(
        twin,
        batches,
        batches[:MEASURED],
        lambda real, other: distance(real, other, model.ctc_tokens.blank),
        _stage("measuring", progress),
    )
    report = file_report(program_of(recipe))
    sized = report.sections["weights"] + report.sections["group_multipliers"]
    measured = Measured(sensitivities=tuple(found), other_bytes=report.file_bytes - sized)
    if recipe.budget is None or parse_budget(recipe.budget).unit != "ms":
        return measured
    told = _stage("timing", progress)
    clocked = milliseconds_by_width(program_of, recipe, target, found, model.front_end, told)
    return replace(measured, milliseconds=clocked)


def _stage(name: str, progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(name, done, total)


def description_of(
    model: FloatModel, twin: TwinModel, *, recipe: str, name: str, calibration: tuple[CalibrationRecording, ...]
) -> Description:
    """What the program carries beside its arithmetic."""
    return Description(
        front_end=model.front_end,
        input_grid=input_grid(twin),
        tokens=model.tokens,
        recipe=recipe,
        model=name,
        calibration=calibration,
        decoding=model.recognition.decoding(twin),
    )


def input_grid(twin: TwinModel) -> InputGrid:
    """How features become the codes that twins read."""
    grid = twin.input.grid
    multiplier, shift = entry_multiplier(grid)
    return InputGrid(multiplier=multiplier, shift=shift, zero_point=grid.zero_point)
