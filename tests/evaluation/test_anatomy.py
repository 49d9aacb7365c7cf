"""A program's name and counts come from what is in it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from earnest.errors import FileError
from earnest.evaluation.anatomy import anatomy, honest_name, real_tensors
from earnest.file import load
from earnest.integer.law.weighted import Weighted
from earnest.integer.program.program import Program
from synthetic import TinyWorld


def narrowed(program: Program, count: int) -> Program:
    """The program with the weights of `count` operators cut down to 4 bits."""
    steps = []
    for step in program.steps:
        if isinstance(step.operator, Weighted) and count:
            count -= 1
            weight = np.clip(step.operator.weight, -7, 7)
            step = replace(step, operator=replace(step.operator, weight=weight, weight_bits=4))
        steps.append(step)
    return replace(program, steps=tuple(steps))


def test_a_name_says_the_truth(tiny_world: TinyWorld) -> None:
    program = load(tiny_world.program)
    weights = [step.operator.weight.size for step in program.steps if isinstance(step.operator, Weighted)]
    assert honest_name(program) == "w8a8"
    assert honest_name(narrowed(program, len(weights))) == "w4a8"
    one_left = (4 * sum(weights[:-1]) + 8 * weights[-1]) / sum(weights)
    assert honest_name(narrowed(program, len(weights) - 1)) == f"mixed-{one_left:.1f}b"


def test_the_counts_are_those_of_the_file(tiny_world: TinyWorld) -> None:
    program = load(tiny_world.program)
    counted = anatomy(program)
    assert counted.file_bytes == tiny_world.program.stat().st_size == sum(counted.sections.values())
    assert sum(counted.operators.values()) == len(program.steps) == len(counted.rows)
    assert set(counted.weight_bits) == {8}
    assert counted.weights == sum(s.operator.weight.size for s in program.steps if isinstance(s.operator, Weighted))
    assert counted.accumulator_bits <= counted.accumulator_bits_allowed == 32


def test_a_float_tensor_is_found(tiny_world: TinyWorld, tmp_path: Path) -> None:
    assert real_tensors(tiny_world.program) == []
    planted = {"a": np.zeros(2, np.float16), "b": np.zeros(2, np.int8), "c": np.zeros(2, np.float64)}
    save_file(planted, tmp_path / "planted")
    assert sorted(real_tensors(tmp_path / "planted")) == ["a", "c"]
    (tmp_path / "bad").write_bytes(b"bad")
    with pytest.raises(FileError, match="expected a safetensors file"):
        real_tensors(tmp_path / "bad")
