"""What a benchmark shows: one JSON object, or tables in which the ratios stand out."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.systems import OURS, SYSTEMS
from earnest.ledger.benchmark import BenchmarkRow, LinearSpeed
from earnest.report.tables.benchmark_ratios import comparisons

if TYPE_CHECKING:
    from rich.table import Table

HEADLINE_SECONDS = 15
WIDTH = 140
NOISY_LOAD = 0.1
"""Cores busy with other work from which the times are not to be trusted."""
CTRANSLATE2 = "CTranslate2 is not compared: it runs a fixed list of architectures, and no Conformer-CTC is on it."


def headline(rows: Sequence[BenchmarkRow]) -> BenchmarkRow:
    """The row that `ratios` is taken from: 15 s or the length nearest to it, most threads."""
    return min(rows, key=lambda row: (abs(row.seconds - HEADLINE_SECONDS), -row.threads))


def summary(rows: Sequence[BenchmarkRow]) -> dict[str, Any]:
    """The object of `--json`."""
    chosen = headline(rows)
    return {
        "ratios": chosen.ratios,
        "ratios_of": {"model": chosen.model, "seconds": chosen.seconds, "threads": chosen.threads},
        "comparisons": comparisons(chosen),
        "failed": chosen.failed,
        "rows": [row.content() for row in rows],
        "note": CTRANSLATE2,
    }


def show(rows: Sequence[BenchmarkRow], *, as_json: bool) -> None:
    """Print to standard output."""
    if as_json:
        sys.stdout.write(json.dumps(summary(rows), ensure_ascii=False, allow_nan=False, indent=2) + "\n")
        return
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    for row in rows:
        console.print(f"\n[bold]{row.model}[/], {row.seconds} s, {row.threads} thread(s), {row.cpu}")
        console.print(_times(row))
        if (row.other_load or 0) > NOISY_LOAD:
            console.print(f"other work kept {row.other_load:.2f} cores busy meanwhile: take the figures as noisy")
        for name, reason in row.failed.items():
            console.print(f"{name} failed: {reason}", markup=False)
        for name, value in comparisons(row).items():
            console.print(f"{name.replace('_', ' ')}: {value}")
    for threads, linear in {row.threads: row.linear for row in rows if row.linear is not None}.items():
        console.print(_linear(threads, linear))
    console.print(CTRANSLATE2)


def _times(row: BenchmarkRow) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column("system")
    for heading in ("x ours", "median ms", "fastest", "slowest", "frames differing", "peak MB", "run MB", "load s"):
        table.add_column(heading, justify="right", style="bold" if heading == "x ours" else "")
    memory = row.memory or {}
    for name in (name for name in SYSTEMS if name in row.systems):
        times, held = row.systems[name], memory.get(name)
        ratio = times.milliseconds / row.systems[OURS[0]].milliseconds
        table.add_row(
            name,
            f"{ratio:.2f}",
            *(f"{time:.1f}" for time in (times.milliseconds, times.fastest, times.slowest)),
            f"{100 * times.frames_differing:.1f} %",
            *([f"{count / 1e6:.0f}" for count in (held.peak_bytes, held.run_peak_bytes)] if held else ["", ""]),
            f"{held.load_seconds:.2f}" if held else "",
        )
    return table


def _linear(threads: int, linear: LinearSpeed) -> "Table":
    from rich.table import Table

    table = Table(title=f"linear layers, {threads} thread(s), peak {linear.peak / 1e9:.0f} GOP/s")
    for heading in ("weight bits", "rows", "depth", "out", "GOP/s", "share of the peak"):
        table.add_column(heading, justify="right")
    for layer in linear.layers:
        table.add_row(
            *map(str, (layer.weight_bits, layer.rows, layer.in_features, layer.out_features)),
            f"{layer.operations_per_second / 1e9:.0f}",
            f"{100 * layer.share:.0f} %",
        )
    return table
