"""Every operator has law, page, oracle, case, golden vector, ONNX translation, a file of the judge and twin; none of
these stands alone.
"""

import importlib
import shutil
from pathlib import Path

import pytest
from tests.integer.cases import CASES
from tests.integer.completeness import PAGE, headings, missing
from tests.integer.golden_vectors import FOLDER
from tests.integer.oracle_rows import ORACLES

from earnest.integer.law.operator import Operator
from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.target import load_target, shipped_targets
from earnest.judge.program import kinds as judged
from earnest.judge.program.law import KINDS, read_kinds


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_is_complete(kind):
    assert missing(kind) == []


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_has_an_onnx_translation(kind):
    from earnest.export.onnx.translation import TRANSLATIONS

    assert kind in TRANSLATIONS


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_is_known_to_the_judge(kind):
    assert kind in KINDS


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_has_a_twin(kind):
    from tests.nn.every_twin import TWINS

    assert TWINS[kind].kind == kind


def test_nothing_is_left_over():
    from tests.nn.every_twin import TWINS

    from earnest.export.onnx.translation import TRANSLATIONS

    frozen = {path.stem for path in FOLDER.glob("*.json")}
    page = headings(PAGE.read_text(encoding="utf-8"))
    for others in (CASES, ORACLES, TRANSLATIONS, KINDS, TWINS, frozen, page):
        assert set(others) == set(OPERATORS)


@pytest.mark.parametrize("room", ["judge", "export"])
def test_a_file_that_is_missing_or_left_over_is_found(room, tmp_path, monkeypatch):
    from earnest.export.by_kind import by_kind
    from earnest.export.onnx import kinds as exported

    package, name = {"judge": (judged, "KIND"), "export": (exported, "translate")}[room]
    planted = shutil.copytree(Path(package.__path__[0]), tmp_path / f"planted_{room}")
    (planted / "pad.py").rename(planted / "fake.py")
    monkeypatch.syspath_prepend(tmp_path)
    copy = importlib.import_module(planted.name)
    found = read_kinds(copy) if room == "judge" else by_kind(copy, name)
    assert set(OPERATORS) - set(found) == {"pad"}
    assert set(found) - set(OPERATORS) == {"fake"}


def test_a_kind_that_has_nothing_lacks_everything():
    assert len(missing("fake")) == 7


def test_a_law_alone_lacks_the_rest():
    class Fake(Operator):
        """E99."""

        kind = "fake"

        def propagate(self, inputs, proof):
            """The operand."""
            return inputs[0]

        def run(self, inputs, symbols, accumulation):
            """E99."""
            return inputs[0]

    lacking = missing("fake", {**OPERATORS, "fake": Fake})
    assert "law" not in lacking
    assert "equation in the law's docstring" not in lacking
    assert lacking[-3:] == ["oracle", "case", "golden vector"]


def test_every_equation_has_a_place_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert [n for n in range(1, 25) if f"**E{n} " not in text and f"### E{n} " not in text] == []


def test_every_operator_is_in_a_shipped_target():
    targets = [load_target(name) for name in shipped_targets()]
    assert {kind for target in targets for kind in target.operators} == set(OPERATORS)
