"""`earnest coverage`: families of recognisers at a tiny random configuration, each the whole way to a verdict."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earnest.cli.options import AsJson, Quiet, existing_ledger
from earnest.cli.terminal import print_json, progress

if TYPE_CHECKING:
    from earnest.ledger.coverage import CoverageRow
    from earnest.ledger.speed import SpeedRow

Works = dict[str, Callable[[], "tuple[CoverageRow | SpeedRow, str]"]]
"""What to measure by the name of its stage: a row, and how it reads as a line."""


def coverage(
    families: Annotated[
        list[str] | None, typer.Argument(metavar="[FAMILY...]", help="Families by name; all if none.")
    ] = None,
    recipes: Annotated[
        list[str] | None,
        typer.Option("--recipe", help="A recipe, several times for several; those of the table if none."),
    ] = None,
    target: Annotated[str, typer.Option("--target", help="The target, by name or a TOML file.")] = "int8x16",
    speed: Annotated[
        str | None,
        typer.Option(
            "--speed", metavar="SIZE", help="Time the engine beside torch instead, at size tiny or published."
        ),
    ] = None,
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Append a row per family and recipe.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure which families of recognisers go the whole way, and how well or how fast."""
    from earnest.zoo.families import FAMILIES

    unknown = sorted(set(families or ()) - set(FAMILIES))
    if unknown:
        raise typer.BadParameter(f"FAMILY: expected families of {', '.join(FAMILIES)}, got {', '.join(unknown)}")
    if ledger is not None:
        existing_ledger(ledger)
    names = families or list(FAMILIES)
    works = _speeds(families, recipes, target, speed) if speed else _wholes(names, recipes, target)
    measured = []
    with progress(quiet=quiet) as shown:
        for index, (stage, work) in enumerate(works.items(), start=1):
            measured.append(work())
            _append(ledger, measured[-1][0])
            if shown is not None:
                shown(stage, index, len(works))
    if as_json:
        print_json({"speeds" if speed else "families": [row.figures() for row, _ in measured]})
        return
    for _, line in measured:
        print(line)


def _wholes(names: list[str], recipes: list[str] | None, target: str) -> Works:
    from earnest.lab.command import shown_command
    from earnest.lab.coverage import coverage_row
    from earnest.report.tables.coverage import RECIPES
    from earnest.zoo.families import FAMILIES

    command = shown_command(sys.argv[1:])

    def measured(name: str, recipe: str) -> "tuple[CoverageRow, str]":
        row = coverage_row(FAMILIES[name], recipe, target, command=command)
        return row, (
            f"{row.family}, {row.recipe}, {row.target}: {sum(row.operators.values())} operators, "
            f"{sum(row.differing.values())} of {row.codes} codes differ, {row.decibel:.1f} dB, {row.level}"
        )

    return {
        f"{name}, {recipe}": lambda name=name, recipe=recipe: measured(name, recipe)
        for name in names
        for recipe in recipes or RECIPES
    }


def _speeds(families: list[str] | None, recipes: list[str] | None, target: str, speed: str) -> Works:
    from earnest.lab.command import shown_command
    from earnest.lab.speed import measure_speed
    from earnest.report.tables.speed import RECIPE, TINY
    from earnest.zoo.families import FAMILIES
    from earnest.zoo.published import PUBLISHED

    sizes = {TINY: FAMILIES, "published": PUBLISHED}
    if speed not in sizes:
        raise typer.BadParameter(f"--speed: expected a size of {', '.join(sizes)}, got {speed}")
    sized = sizes[speed]
    if unknown := sorted(set(families or ()) - set(sized)):
        raise typer.BadParameter(f"--speed: expected families of {', '.join(sized)}, got {', '.join(unknown)}")

    command = shown_command(sys.argv[1:])

    def measured(name: str, recipe: str) -> "tuple[SpeedRow, str]":
        size = TINY if speed == TINY else sized[name].name
        row = measure_speed(name, size, sized[name], recipe, target, command=command)
        return row, (
            f"{row.family}, {row.size}, {row.parameters / 1e6:.2f} M parameters, {row.recipe}, "
            f"{row.target}: {row.milliseconds:.1f} ms, torch {row.float_milliseconds:.1f} ms: "
            f"{row.ratio:.2f} times as fast"
        )

    return {
        f"{name}, {speed}, {recipe}": lambda name=name, recipe=recipe: measured(name, recipe)
        for name in families or sized
        for recipe in recipes or [RECIPE]
    }


def _append(ledger: Path | None, row: "CoverageRow | SpeedRow") -> None:
    if ledger is None:
        return
    from earnest.ledger.ledger import append

    append(ledger, row)
