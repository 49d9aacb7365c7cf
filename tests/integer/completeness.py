"""What every operator of the law must have; `missing` names what one lacks."""

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.integer.cases import CASES
from tests.integer.golden_vectors import load
from tests.integer.oracle_rows import ORACLES

from earnest.integer.law.operator import Operator
from earnest.integer.law.operators import OPERATORS

PAGE = Path(__file__).parents[2] / "docs" / "semantics.md"
EQUATION = re.compile(r"\bE\d+\b")


def headings(page: str) -> dict[str, str]:
    """Kind to equation of every heading such as ### E10 `linear`."""
    return {kind: equation for equation, kind in re.findall(r"^### (E\d+) `(\w+)`$", page, re.MULTILINE)}


def equations(kind: str, operators: Mapping[str, Any]) -> set[str]:
    """The equations that the docstrings of an operator, its bases and its module name."""
    operator = operators.get(kind)
    if operator is None:
        return set()
    documented = [c for c in operator.__mro__ if issubclass(c, Operator) and c is not Operator]
    own = {number for c in documented for number in EQUATION.findall(c.__doc__ or "")}
    return own | set(EQUATION.findall(operator.run.__doc__ or ""))


def missing(kind: str, operators: Mapping[str, Any] = OPERATORS) -> list[str]:
    """What an operator lacks, among law, page, oracle, cases and golden vectors."""
    heading = headings(PAGE.read_text(encoding="utf-8")).get(kind)
    checks: dict[str, Callable[[], bool]] = {
        "law": lambda: kind in operators and not inspect.isabstract(operators[kind]),
        "equation in the law's docstring": lambda: bool(equations(kind, operators)),
        "heading in docs/semantics.md": lambda: heading is not None,
        "the page's equation in the law's docstring": lambda: heading in equations(kind, operators),
        "oracle": lambda: kind in ORACLES,
        "case": lambda: bool(CASES.get(kind)),
        "golden vector": lambda: bool(load(kind)),
    }
    return [name for name, holds in checks.items() if not holds()]
