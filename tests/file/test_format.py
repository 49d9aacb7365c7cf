"""The page docs/file-format.md against the files: a reader that knows only the page reads every program."""

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from tests.file.programs import linear, of_case, opened, program, tiny
from tests.file.reader import split, steps
from tests.integer.cases import CASES

from earnest.file import dumps
from earnest.integer.law.linear import Linear
from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.program import Program, Step

PAGE = (Path(__file__).parents[2] / "docs" / "file-format.md").read_text(encoding="utf-8")


def example() -> Program:
    """The example of the page."""
    operator = replace(
        linear([[3, -3], [1, -1], [2, 0]], 3),
        bias=np.asarray([-300, 5, 1000]),
        multiplier=np.asarray([40503, 32768, 65535]),
        shift=np.asarray([20, 21, 20]),
    )
    return replace(program(Step(name="head", operator=operator, inputs=("input",))), description={})


def plain(value: object) -> object:
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def check(whole: Program) -> None:
    """The independent reader finds every name, number and array of the program."""
    read = steps(dumps(whole))
    assert [each["name"] for each in read] == [step.name for step in whole.steps]
    for each, step in zip(read, whole.steps, strict=True):
        operator, arrays = step.operator, step.operator.constants()
        assert (each["kind"], each["inputs"]) == (operator.kind, list(step.inputs))
        assert each["arrays"].keys() == arrays.keys()
        for name, (shape, codes) in each["arrays"].items():
            assert (tuple(shape), codes) == (arrays[name].shape, arrays[name].reshape(-1).tolist()), name
        names = [field.name for field in fields(operator) if field.name not in arrays]  # type: ignore[arg-type]
        assert each["fields"] == {name: plain(getattr(operator, name)) for name in names}


@pytest.mark.parametrize("kind", CASES)
def test_every_case_is_read(kind):
    for case in CASES[kind]:
        check(of_case(case))


@pytest.mark.parametrize("bits", range(1, 8))
def test_odd_weights_are_read(bits):
    weight = np.arange(1 - (1 << bits), 1 << bits, 2).reshape(1, -1)
    check(program(Step(name="odd", operator=linear(weight, bits, "odd"), inputs=("input",))))


def test_programs_are_read():
    check(tiny())
    check(example())


def test_the_example_of_the_page():
    """Every line of the example that quotes the file says what the file says."""
    _, rows = split(dumps(example()))
    (step,) = opened(dumps(example()))[0]["steps"]
    quoted = re.sub(r"\s+", " ", PAGE)
    assert str(step).replace("'", '"').replace("True", "true") in quoted
    assert f"`head.weight` | `{rows['head.weight'].hex(' ')}`" in quoted
    assert f"`head.constants` | `{rows['head.constants'].hex(' ')}`" in quoted
    operator = example().steps[0].operator
    assert isinstance(operator, Linear)
    for name in ("weight", "group_multiplier", "bias", "multiplier", "shift"):
        assert f"{name} = {np.asarray(getattr(operator, name)).tolist()}" in quoted, name


def test_the_page_names_every_kind():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    kinds: dict = {}
    for cases in CASES.values():
        kinds |= opened(dumps(of_case(cases[0])))[0]["kinds"]
    expected = {
        kind: " | ".join(", ".join(f"`{name}`" for name in names[part]) for part in ("fields", "tensors", "constants"))
        for kind, names in kinds.items()
    }
    assert set(kinds) == set(OPERATORS)
    assert {kind: re.sub(r" +", " ", rows.get(kind, "")).strip() for kind in kinds} == {
        kind: re.sub(r" +", " ", text).strip() for kind, text in expected.items()
    }
