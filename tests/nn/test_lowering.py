"""Lowering is a change of form: the program has the twins' codes at every tensor, their names, and no batch."""

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest
import torch
from tests.nn.tiny import Original, differing, inputs, tiny_model, uncalibrated

from earnest.calibration.calibrate import calibrate
from earnest.errors import ProgramError
from earnest.integer.dimension import TIME, Dimension
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.program.program import INPUT, Program
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.models.conformer.config import ConformerConfig
from earnest.models.hub.random_weights import random_conformer
from earnest.nn.edge import ScaledEdge
from earnest.nn.lowering import ONE_UTTERANCE, lower
from earnest.nn.model import TwinModel
from earnest.nn.twins.scaled import Scaled
from earnest.swapping.swap import swap

FEATURES, LONGEST = 8, 200
CONFIG = ConformerConfig(
    features=FEATURES, width=8, layers=1, heads=2, feed_forward=12, kernel=3, channels=4, classes=5, max_frames=LONGEST
)
EVERY = pytest.mark.parametrize(("recipe", "target"), [(r, t) for r in ("w8a8", "w4a8") for t in ("int8x16", "int8")])


@functools.cache
def conformer(recipe: str, target: str) -> tuple[TwinModel, Program]:
    """A calibrated tiny Conformer and its program; tests must not change them."""
    model = swap(random_conformer(3, CONFIG), recipe, target, features=FEATURES, longest=LONGEST)
    calibrate(model, inputs(count=3, time=40, width=FEATURES))
    return model, lower(model, {"recipe": recipe})


@EVERY
@pytest.mark.parametrize("time", [5, 6, 7, 8, 41])
def test_every_tensor_has_the_same_codes(recipe: str, target: str, time: int) -> None:
    """Features three times as large as calibration's: much of it saturates."""
    model, program = conformer(recipe, target)
    features = 3 * torch.randn(1, time, FEATURES, generator=torch.Generator().manual_seed(time))
    assert not any(differing(model, program, features).values())


@EVERY
def test_the_program_is_proved_for_its_target(recipe: str, target: str) -> None:
    model, program = conformer(recipe, target)
    proof = verify(program, load_target(target))
    assert proof.accumulator_bits <= 32
    assert (program.target, program.description) == (target, {"recipe": recipe})
    assert (program.input.shortest, program.input.longest) == (model.shortest, LONGEST)
    bits = {step.operator.weight_bits for step in program.steps if hasattr(step.operator, "weight_bits")}
    assert bits == {8 if recipe == "w8a8" else 4}


@EVERY
def test_names_are_kept_and_scalings_vanish(recipe: str, target: str) -> None:
    model, program = conformer(recipe, target)
    scaled = {call.name for call in model.calls if isinstance(model.twin(call.name), Scaled)}
    assert scaled, "a Conformer scales its embeddings and its scores"
    assert [step.name for step in program.steps] == [call.name for call in model.calls if call.name not in scaled]
    assert program.output == model.result
    assert program.input.shape == (1, TIME, FEATURES)


def symbols_of(value: Any) -> set[str]:
    """Every name in a dimension or a shape."""
    if isinstance(value, tuple):
        return set().union(*map(symbols_of, value)) if value else set()
    return {value} if isinstance(value, str) else set()


@EVERY
def test_no_dimension_depends_on_the_batch(recipe: str, target: str) -> None:
    model, program = conformer(recipe, target)

    def batched(operators: list[Any]) -> list[str]:
        fields = [(f.name, getattr(o, f.name)) for o in operators for f in dataclasses.fields(o)]
        return [name for name, value in fields if "batch" in symbols_of(value)]

    twins = [model.twin(call.name) for call in model.calls]
    assert batched([twin.law() for twin in twins if not isinstance(twin, Scaled)])
    assert not batched([step.operator for step in program.steps])


def test_dimensions_of_one_utterance() -> None:
    def shape(*extents: Dimension) -> tuple[Dimension, ...]:
        operator = Reshape(shape=extents).substituted(ONE_UTTERANCE)
        assert isinstance(operator, Reshape)
        return operator.shape

    assert shape("batch", "time", 3) == (1, "time", 3)
    assert shape(("*", "batch", "time")) == (("*", 1, "time"),)
    assert shape(("+", "batch", 4)) == (5,)
    assert shape(("*", "batch", 4), ("//", "time", 2)) == (4, ("//", "time", 2))
    assert shape() == ()
    cut = Slice(axis=0, start=("+", "batch", 4), stop=("+", "time", "batch"), step=1).substituted(ONE_UTTERANCE)
    assert cut.dimensions() == (5, ("+", "time", 1))


def test_lowering_reads_constants_and_computes_none() -> None:
    """The very arrays of the twins; an operator without a batch is the twin's own object."""
    model, program = conformer("w8a8", "int8x16")
    for step in program.steps:
        law = model.twin(step.name).law()
        for name, array in step.operator.constants().items():
            assert array is law.constants()[name]
        if step.operator.kind in ("linear", "add", "layer_norm"):
            assert step.operator is law
            assert law.substituted(ONE_UTTERANCE) is law


def test_the_same_model_gives_the_same_program() -> None:
    model, program = conformer("w4a8", "int8")
    again = lower(model, {"recipe": "w4a8"})
    for one, other in zip(program.steps, again.steps, strict=True):
        assert (one.name, one.inputs) == (other.name, other.inputs)
        for name, array in one.operator.constants().items():
            assert np.array_equal(array, other.operator.constants()[name])


def test_a_difference_would_be_found() -> None:
    """One bias off by a step of the output, one tensor that differs, and all that read it."""
    model = calibrate(tiny_model(Original()), inputs())
    program = lower(model, {})
    assert not any(differing(model, program, inputs()[0]).values())
    head = program.steps[-1]
    unit = np.int64(1 << int(head.operator.shift[0])) // int(head.operator.multiplier[0]) + 1  # type: ignore[attr-defined]
    bias = head.operator.bias + np.array([unit, 0, 0, 0], dtype=np.int32)  # type: ignore[attr-defined]
    worse = dataclasses.replace(head, operator=dataclasses.replace(head.operator, bias=bias))  # type: ignore[type-var]
    planted = dataclasses.replace(program, steps=(*program.steps[:-1], worse))
    with pytest.raises(AssertionError):
        differing(model, planted, inputs()[0])


def test_a_model_of_nothing_is_refused() -> None:
    entry = uncalibrated(INPUT)
    empty = TwinModel(input_edge=entry, input_shape=("batch", TIME, 4), shortest=1, longest=9, target="int8")
    calibrate(empty, [torch.ones(1, 2, 4)])
    with pytest.raises(ProgramError, match="at least one operator"):
        lower(empty, {})
    empty.place_("scale", Scaled([entry], ScaledEdge(entry, 2.0), factor=2.0), [INPUT])
    with pytest.raises(ProgramError, match="at least one operator"):
        lower(empty, {})


def test_a_model_without_time_is_refused() -> None:
    model = calibrate(tiny_model(Original()), inputs())
    model.input_shape = ("batch", 7, 6)
    with pytest.raises(ProgramError, match="one axis of time"):
        lower(model, {})
