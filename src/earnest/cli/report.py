"""`earnest report`: one HTML page on a ledger of results, or its figures as JSON."""

import json
from pathlib import Path
from typing import Annotated

import typer

from earnest.cli.options import AsJson, existing_folder_of
from earnest.errors import EarnestError


def report(
    ledger: Annotated[Path, typer.Option("--ledger", help="The ledger of results.")] = Path("results/ledger.jsonl"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
    work: Annotated[
        list[Path] | None,
        typer.Option("--work", metavar="DIR", help="A folder with records or hypotheses; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write what a ledger says as one page: fronts, sensitivities, the best of each target, what got worse."""
    if not as_json:
        existing_folder_of(output, "--output")

    from earnest.ledger.ledger import read
    from earnest.report.html.content import report as report_on
    from earnest.report.html.content import to_json

    content = report_on(read(ledger), work or [])
    if as_json:
        print(json.dumps({"ledger": str(ledger), **to_json(content)}, allow_nan=False, indent=2))
        return

    from earnest.report.html.page import report_page

    try:
        output.write_text(report_page(content), encoding="utf-8")
    except OSError as error:
        raise EarnestError(f"--output: {output}: cannot be written: {error.strerror or error}") from error
    told = {"configurations": content.summary.configurations, "scans": len(content.scans)}
    texts = {"evaluations with texts": len(content.regressions)} if work else {}
    print(f"{output}: {', '.join(f'{name} {count}' for name, count in {**told, **texts}.items())}")
