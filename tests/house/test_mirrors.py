"""Every source file of these rooms has a test file at the mirrored path, or tests that go over all of its like."""

import inspect
from pathlib import Path

import pytest
from tests.integer.cases import CASES
from tests.nn.every_twin import every_twin
from tests.nn.specimens import SPECIMENS

from earnest.nn.twin import Twin

ROOMS = ("integer", "nn", "swapping", "calibration", "numerics")

ELSEWHERE = {
    "nn/site.py": "a record without a method, which tests/nn/twins/test_softmax.py and others fill in",
}
"""Files without a test file of their own, and what tests them."""


def by_cases() -> set[str]:
    """Operators of the law: tests/integer/test_operators.py goes over all cases of each, by an oracle."""
    return {path_of(type(case.operator)) for cases in CASES.values() for case in cases}


def by_specimens() -> set[str]:
    """Twins: tests/nn/test_law.py, test_accuracy.py and test_gradient.py go over all specimens of each."""
    twins: set[type[Twin]] = {type(specimen.twin) for specimen in SPECIMENS.values()}
    return {path_of(twin) for twin in twins & set(every_twin())}


def path_of(kind: type) -> str:
    """The file of a class, below the package."""
    return "/".join(Path(inspect.getfile(kind)).parts[-3:])


def without_test(source: Path, tests: Path, elsewhere: set[str]) -> list[str]:
    """Files of the rooms without a test file at their path."""
    files = [path for room in ROOMS for path in sorted((source / room).rglob("*.py")) if path.name != "__init__.py"]
    assert files, f"expected source files in {source}"
    names = [path.relative_to(source) for path in files]
    missing = [str(name) for name in names if not (tests / name.parent / f"test_{name.name}").is_file()]
    return [name for name in missing if name not in elsewhere]


def test_every_source_file_has_its_tests(root: Path) -> None:
    elsewhere = set(ELSEWHERE) | by_cases() | by_specimens()
    assert without_test(root / "src" / "earnest", root / "tests", elsewhere) == []


def test_those_that_are_tested_together_are_no_others(root: Path) -> None:
    assert by_cases() == {f"integer/law/{Path(name).name}" for name in by_cases()}
    assert by_specimens() == {f"nn/twins/{Path(name).name}" for name in by_specimens()}
    assert "integer/law/linear.py" in by_cases()
    assert "nn/twins/linear.py" in by_specimens()
    assert "nn/twins/weighted.py" not in by_specimens()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_list_names_files_that_are_there_and_have_no_test_file(root: Path, name: str) -> None:
    path = Path(name)
    assert (root / "src" / "earnest" / path).is_file()
    assert not (root / "tests" / path.parent / f"test_{path.name}").exists()


@pytest.mark.parametrize("name", ["nn/planted.py", "integer/law/planted.py", "swapping/rules/new/planted.py"])
def test_a_source_file_without_a_test_is_found(tmp_path: Path, name: str) -> None:
    source, tests, path = tmp_path / "src", tmp_path / "tests", Path(name)
    (source / path).parent.mkdir(parents=True)
    (source / path).write_text("x = 1\n")
    assert without_test(source, tests, set()) == [name]
    (tests / path.parent).mkdir(parents=True)
    (tests / path.parent / "test_other.py").write_text("")
    assert without_test(source, tests, {"nn/other.py"}) == [name]
    (tests / path.parent / "test_planted.py").write_text("")
    assert without_test(source, tests, set()) == []
