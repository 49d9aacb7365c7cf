"""Every operator has law, page, oracle, case, golden vector, ONNX translation and twin; none of these stands alone."""

import pytest
from tests.integer.cases import CASES
from tests.integer.completeness import PAGE, headings, missing
from tests.integer.golden_vectors import FOLDER
from tests.integer.oracle_rows import ORACLES

from earnest.integer.operator import Operator
from earnest.integer.operators import OPERATORS
from earnest.integer.target import load_target, shipped_targets


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_is_complete(kind):
    assert missing(kind) == []


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_has_an_onnx_translation(kind):
    from earnest.export.translation import TRANSLATIONS

    assert kind in TRANSLATIONS


@pytest.mark.parametrize("kind", OPERATORS)
def test_operator_has_a_twin(kind):
    from tests.nn.every_twin import TWINS

    assert TWINS[kind].kind == kind


def test_nothing_is_left_over():
    from tests.nn.every_twin import TWINS

    from earnest.export.translation import TRANSLATIONS

    frozen = {path.stem for path in FOLDER.glob("*.json")}
    for others in (CASES, ORACLES, TRANSLATIONS, TWINS, frozen, headings(PAGE.read_text(encoding="utf-8"))):
        assert set(others) == set(OPERATORS)


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
