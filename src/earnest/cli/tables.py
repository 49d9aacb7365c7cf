"""`earnest tables`: the tables and pictures of the documents, made anew from the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from earnest.cli.options import AsJson
from earnest.cli.terminal import print_json


def tables(
    pages: Annotated[list[Path] | None, typer.Argument(metavar="[PAGE...]", help="Pages; README.md if none.")] = None,
    ledger: Annotated[Path, typer.Option("--ledger", help="The ledger of results.")] = Path("results/ledger.jsonl"),
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit with 1 where a page differs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the tables and pictures of pages anew from the ledger."""
    from earnest.report.pages import outdated

    chosen = pages or [Path("README.md")]
    wanted = outdated(chosen, ledger)
    if not check:
        for file, text in wanted.items():
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"pages": [str(page) for page in chosen], "differing": [str(page) for page in wanted]})
    else:
        for page in dict.fromkeys([*chosen, *wanted]):
            verdict = (
                "as the ledger says" if page not in wanted else "differs from the ledger" if check else "rewritten"
            )
            print(f"{page}: {verdict}")
    if check and wanted:
        raise typer.Exit(1)
