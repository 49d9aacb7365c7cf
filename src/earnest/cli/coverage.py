"""`earnest coverage`: families of recognisers at a tiny random configuration, each the whole way to a verdict."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from earnest.cli.options import AsJson, Quiet, existing_ledger
from earnest.cli.terminal import print_json, progress

Row = dict[str, Any]
Works = tuple[list[tuple[str, Callable[[], Row]]], Callable[[Row], str]]
"""What to measure, each with the name of its stage, and how a row reads as a line."""


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
    works, line = _speeds(families, recipes, target, speed) if speed else _wholes(names, recipes, target)
    rows = []
    with progress(quiet=quiet) as shown:
        for index, (stage, work) in enumerate(works, start=1):
            rows.append(work())
            _append(ledger, rows[-1])
            if shown is not None:
                shown(stage, index, len(works))
    if as_json:
        print_json({"speeds" if speed else "families": rows})
        return
    for row in rows:
        print(line(row))


def _wholes(names: list[str], recipes: list[str] | None, target: str) -> Works:
    from earnest.lab.coverage import coverage_row
    from earnest.lab.coverage_table import RECIPES
    from earnest.zoo.families import FAMILIES

    def line(row: Row) -> str:
        return (
            f"{row['family']}, {row['recipe']}, {row['target']}: {sum(row['operators'].values())} operators, "
            f"{sum(row['differing'].values())} of {row['codes']} codes differ, {row['decibel']:.1f} dB, {row['level']}"
        )

    return [
        (f"{name}, {recipe}", partial(coverage_row, FAMILIES[name], recipe, target))
        for name in names
        for recipe in recipes or RECIPES
    ], line


def _speeds(families: list[str] | None, recipes: list[str] | None, target: str, speed: str) -> Works:
    from earnest.lab.speed import measure_speed
    from earnest.lab.speed_table import RECIPE, TINY
    from earnest.zoo.families import FAMILIES
    from earnest.zoo.published import PUBLISHED

    sizes = {TINY: FAMILIES, "published": PUBLISHED}
    if speed not in sizes:
        raise typer.BadParameter(f"--speed: expected a size of {', '.join(sizes)}, got {speed}")
    sized = sizes[speed]
    if unknown := sorted(set(families or ()) - set(sized)):
        raise typer.BadParameter(f"--speed: expected families of {', '.join(sized)}, got {', '.join(unknown)}")

    def line(row: Row) -> str:
        return (
            f"{row['family']}, {row['size']}, {row['parameters'] / 1e6:.2f} M parameters, {row['recipe']}, "
            f"{row['target']}: {row['milliseconds']:.1f} ms, torch {row['float_milliseconds']:.1f} ms: "
            f"{row['ratio']:.2f} times as fast"
        )

    return [
        (f"{name}, {speed}, {recipe}", partial(measure_speed, name, size, sized[name], recipe, target))
        for name in families or sized
        for size in [TINY if speed == TINY else sized[name].name]
        for recipe in recipes or [RECIPE]
    ], line


def _append(ledger: Path | None, row: Row) -> None:
    if ledger is None:
        return
    from earnest.lab.command import shown_command
    from earnest.lab.ledger import append, environment

    append(ledger, row | {"command": shown_command(sys.argv[1:])} | environment(("transformers",)))
