"""The engine has one file for each kind of the law, named like it; one that has none is refused by name."""

from pathlib import Path

import pytest

from earnest.engine import _native
from earnest.integer.law.operators import OPERATORS


def test_every_kind_has_its_file_and_every_file_its_kind(root: Path):
    operators = root / "src" / "earnest" / "engine" / "native" / "operators"
    assert {path.stem for path in operators.iterdir()} == set(OPERATORS)
    assert {path.suffix for path in operators.iterdir()} == {".cpp"}


def test_a_kind_without_a_file_is_refused():
    step = ("first", "no_such_kind", [-1], {}, {}, {}, {})
    with pytest.raises(ValueError, match="first: expected an operator of the law, got no_such_kind"):
        _native.Engine([step], [(8, True, (1, 2))], [0], [], "portable", 1)
