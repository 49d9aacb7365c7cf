"""The account of a swap: what became of every operator of the exported graph, by which rule, at which bits."""

from collections import Counter
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRow:
    """One ATen operator. `became` is a kind of the law, or why there is none; bits are those of codes in, weight,
    codes out.
    """

    aten: str
    path: str
    became: str
    rule: str
    inputs: str
    weight: str
    output: str


def bare(aten: str, path: str, became: str) -> SwapRow:
    """The row of an operator that has no twin of its own: a size, a folding, a removal."""
    return SwapRow(aten=aten, path=path, became=became, rule="", inputs="", weight="", output="")


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapReport:
    """Every operator accounted for; `inserted` are changes of grid that the swap added."""

    recipe: str
    target: str
    rows: tuple[SwapRow, ...]
    inserted: tuple[SwapRow, ...]

    def counts(self) -> dict[str, int]:
        """How many operators became what."""
        return dict(Counter(row.became for row in self.rows).most_common())

    def table(self) -> Table:
        """The account for a terminal."""
        table = Table(
            title=f"recipe {self.recipe}, target {self.target}: {len(self.rows)} operators, all accounted for"
        )
        for column in ("path", "ATen operator", "became", "rule", "in", "weight", "out"):
            table.add_column(column, overflow="fold")
        for row in (*self.rows, *self.inserted):
            aten = row.aten.removeprefix("aten.")
            table.add_row(row.path, aten, row.became, row.rule, row.inputs, row.weight, row.output)
        return table
