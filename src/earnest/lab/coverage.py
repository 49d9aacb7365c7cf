"""Coverage of families of recognisers as rows of the ledger."""

from typing import Any

from earnest.lab.coverage_table import COVERAGE
from earnest.zoo.coverage import measure
from earnest.zoo.family import Family


def coverage_row(family: Family, recipe: str, target: str) -> dict[str, Any]:
    """The row of one family."""
    return {"kind": COVERAGE} | measure(family, recipe, target)
