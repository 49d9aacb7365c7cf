"""Coverage of families of recognisers as rows of the ledger."""

from earnest.ledger.coverage import COVERAGE, CoverageRow
from earnest.ledger.ledger import environment
from earnest.zoo.coverage import measure
from earnest.zoo.family import Family


def coverage_row(family: Family, recipe: str, target: str, *, command: str) -> CoverageRow:
    """The row of one family."""
    made = {"command": command, **environment(("transformers",))}
    return CoverageRow.of({"kind": COVERAGE} | measure(family, recipe, target) | made)
