"""What the judge knows of each operator, beside what the file format and the law say of it."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.judge.zoo.planting import honest

from earnest.file import dumps
from earnest.integer.law.operators import OPERATORS
from earnest.judge.program import fields
from earnest.judge.program.container import open_container
from earnest.judge.program.law import KINDS, moves_codes, read_kinds
from earnest.judge.program.records import Source, read_source


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A program of every operator as the judge reads it."""
    file = tmp_path_factory.mktemp("law") / "honest.earnest"
    file.write_bytes(dumps(honest()))
    return read_source(open_container(file))


def test_the_names_are_those_of_a_file(source: Source) -> None:
    declared = {
        name: {"fields": list(kind.fields), "tensors": list(kind.tensors), "constants": list(kind.constants)}
        for name, kind in KINDS.items()
    }
    assert declared == source.kinds


def test_every_operator_reads_as_many_values_as_the_law_says() -> None:
    assert {name: kind.operands for name, kind in KINDS.items()} == {
        name: operator.arity for name, operator in OPERATORS.items()
    }


def test_honest_fields_are_of_their_types(source: Source) -> None:
    assert [step.name for step in source.steps if KINDS[step.kind].wrong_fields(step)] == []


def test_what_moves_codes() -> None:
    moving = {"relative_shift", "reshape", "transpose", "slice", "pad", "concat"}
    assert {kind for kind in KINDS if moves_codes(kind)} == moving
    assert not moves_codes("no operator")


def test_a_file_that_declares_nothing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted_kinds").mkdir()
    (tmp_path / "planted_kinds" / "empty.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AttributeError, match="KIND"):
        read_kinds(importlib.import_module("planted_kinds"))


@pytest.mark.parametrize(
    ("holds", "lawful", "wrong"),
    [
        (fields.width, [1, 32], [0, 33, True, "8"]),
        (fields.shift, [0, 64], [-1, 65, False]),
        (fields.integer, [-5, 1 << 40], [True, "1", None]),
        (fields.integers, [[], [1, -2]], [1, [True], [1, "2"]]),
        (fields.truth, [True, False], [0, 1, None]),
        (fields.extents, [[], [["+", "time", 1]]], ["time", 3]),
    ],
)
def test_what_a_field_may_hold(holds: Callable[[object], bool], lawful: list[object], wrong: list[object]) -> None:
    assert all(holds(value) for value in lawful)
    assert not any(holds(value) for value in wrong)
