"""Benchmarks of a ledger: the latest of each measurement, and what else they show in one number."""

from collections.abc import Iterable

from earnest.ledger.benchmark import OURS, OURS_SMALL, BenchmarkRow
from earnest.ledger.rows import AnyRow, of_kind


def comparisons(row: BenchmarkRow) -> dict[str, float]:
    """What else a row shows in one number: the speed of w4a8 relative to w8a8 and its resident weights, the peak memory
    relative to torch eager's. What was not measured is left out.
    """
    found: dict[str, float] = {}
    systems, memory = row.systems, row.memory or {}
    ours, small, eager = memory.get(OURS), memory.get(OURS_SMALL), memory.get("torch-eager")
    if OURS_SMALL in systems:
        found["w4a8_speed_of_w8a8"] = systems[OURS].milliseconds / systems[OURS_SMALL].milliseconds
    if ours and small and ours.weight_bytes and small.weight_bytes:
        found["w4a8_weights_of_w8a8"] = small.weight_bytes / ours.weight_bytes
    if ours and eager:
        found["peak_of_torch_eager"] = ours.peak_bytes / eager.peak_bytes
        found["run_peak_of_torch_eager"] = ours.run_peak_bytes / eager.run_peak_bytes
    return {name: round(value, 3) for name, value in found.items()}


def benchmarks(rows: Iterable[AnyRow]) -> list[BenchmarkRow]:
    """The benchmarks of a ledger: of each model, machine, length and number of threads the latest, in that order."""
    latest = {(row.model, row.cpu, row.cpus, row.seconds, row.threads): row for row in of_kind(rows, BenchmarkRow)}
    return [latest[key] for key in sorted(latest)]
