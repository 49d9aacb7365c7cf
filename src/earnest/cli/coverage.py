"""`earnest coverage`: families of recognisers at a tiny random configuration, each the whole way to a verdict."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from earnest.cli.options import AsJson, Quiet, existing_ledger
from earnest.cli.terminal import print_json, progress


def coverage(
    families: Annotated[
        list[str] | None, typer.Argument(metavar="[FAMILY...]", help="Families by name; all if none.")
    ] = None,
    recipes: Annotated[
        list[str] | None,
        typer.Option("--recipe", help="A recipe, several times for several; those of the table if none."),
    ] = None,
    target: Annotated[str, typer.Option("--target", help="The target, by name or a TOML file.")] = "int8x16",
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Append a row per family and recipe.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure which families of recognisers go the whole way, and how well."""
    from earnest.lab.coverage import measure
    from earnest.lab.coverage_table import RECIPES
    from earnest.lab.families import FAMILIES

    unknown = sorted(set(families or ()) - set(FAMILIES))
    if unknown:
        raise typer.BadParameter(f"FAMILY: expected families of {', '.join(FAMILIES)}, got {', '.join(unknown)}")
    if ledger is not None:
        existing_ledger(ledger)
    pairs = [(name, recipe) for name in families or FAMILIES for recipe in recipes or RECIPES]
    rows = []
    with progress(quiet=quiet) as shown:
        for index, (name, recipe) in enumerate(pairs, start=1):
            rows.append(measure(FAMILIES[name], recipe, target))
            _append(ledger, rows[-1])
            if shown is not None:
                shown(f"{name}, {recipe}", index, len(pairs))
    if as_json:
        print_json({"families": rows})
        return
    for row in rows:
        print(
            f"{row['family']}, {row['recipe']}, {row['target']}: {sum(row['operators'].values())} operators, "
            f"{sum(row['differing'].values())} of {row['codes']} codes differ, {row['decibel']:.1f} dB, {row['level']}"
        )


def _append(ledger: Path | None, row: dict[str, Any]) -> None:
    if ledger is None:
        return
    from earnest.lab.command import shown_command
    from earnest.lab.ledger import append, environment

    append(ledger, row | {"command": shown_command(sys.argv[1:])} | environment(("transformers",)))
