"""The whole way: float model, recipe, target and recordings to a verified program."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError
from earnest.integer.program import Program
from earnest.integer.target import Target, load_target
from earnest.integer.verifier import Certificate, verify
from earnest.methods.rounding import gptq_
from earnest.methods.scaling import equalize_
from earnest.models import FloatModel
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.nn.parallel import one_torch_thread
from earnest.numerics.entry import entry_multiplier
from earnest.runtime.audio import read_audio
from earnest.runtime.description import Description, Heard, InputGrid
from earnest.runtime.fingerprint import audio_sha256
from earnest.swapping.recipe import Recipe, load_recipe
from earnest.swapping.swap import LONGEST_FRAMES, swap

Progress = Callable[[str, int, int], None]
"""Called with the stage, the parts of it that are done, and how many there are."""

CALIBRATION_SECONDS = 30.0
"""Longest recording that calibration reads whole; the rest of a longer one is left out."""


Change = Callable[[TwinModel, Sequence[torch.Tensor], Callable[[int, int], None] | None], object]

BEFORE: dict[str, Change] = {"equalize": equalize_}
"""What a recipe may do to a model of twins before it is calibrated, by the name that it gives."""

AFTER: dict[str, Change] = {"gptq": gptq_}
"""What it may do to a calibrated one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """A program, the twins that it came from, and what the verifier proved."""

    program: Program
    twin: TwinModel
    certificate: Certificate


def calibration_features(
    model: FloatModel, recordings: Sequence[Path], *, longest: int = LONGEST_FRAMES, progress: Progress | None = None
) -> list[torch.Tensor]:
    """Features [1, frames, mels] of recordings, at most 30 s and `longest` frames of each."""
    return [features for features, _ in _heard(model, recordings, longest, progress)]


def _heard(
    model: FloatModel, recordings: Sequence[Path], longest: int, progress: Progress | None
) -> Iterator[tuple[torch.Tensor, Heard]]:
    """The features of each recording, and what it is known by: the name of its file, and the whole of its audio."""
    most = min(int(CALIBRATION_SECONDS * model.front_end.sample_rate), longest * model.front_end.hop)
    for index, path in enumerate(recordings, start=1):
        samples = read_audio(path, model.front_end.sample_rate).samples
        features = torch.from_numpy(np.ascontiguousarray(model.front_end(samples[:most])))[None]
        yield features, Heard(id=Path(path).stem, audio_sha256=audio_sha256(samples))
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
    if not recordings:
        raise CalibrationError("expected at least one recording to calibrate on, got none")
    chosen = load_recipe(recipe) if isinstance(recipe, str) else recipe
    device = load_target(target) if isinstance(target, str) else target
    twin = swap(model.module, chosen, device, features=model.front_end.mels, longest=longest)
    batches, heard = zip(*_heard(model, recordings, twin.longest, progress), strict=True)
    with one_torch_thread():
        for method in chosen.methods:
            if method in BEFORE:
                BEFORE[method](twin, batches, _stage(method, progress))
        calibrate(twin, batches, _stage("calibrating", progress))
        for method in chosen.methods:
            if method in AFTER:
                AFTER[method](twin, batches, _stage(method, progress))
    program = lower(twin, description_of(model, twin, recipe=chosen.name, name=name, calibration=heard).to_dict())
    return Quantized(program=program, twin=twin, certificate=verify(program, device))


def _stage(name: str, progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(name, done, total)


def description_of(
    model: FloatModel, twin: TwinModel, *, recipe: str, name: str, calibration: tuple[Heard, ...]
) -> Description:
    """What the program carries beside its arithmetic."""
    grid = twin.input.grid
    multiplier, shift = entry_multiplier(grid)
    return Description(
        front_end=model.front_end,
        input_grid=InputGrid(multiplier=multiplier, shift=shift, zero_point=grid.zero_point),
        tokens=model.tokens,
        recipe=recipe,
        model=name,
        calibration=calibration,
    )
