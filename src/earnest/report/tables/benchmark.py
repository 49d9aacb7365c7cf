"""Tables of benchmarks for the documents: times beside the rivals', memory and loading, share of the 8-bit peak."""

from collections.abc import Iterable, Sequence

from earnest.ledger.benchmark import OURS, OURS_SMALL, BenchmarkRow, SystemMemory
from earnest.ledger.rows import AnyRow
from earnest.report.markdown import cell, table
from earnest.report.tables.benchmark_ratios import benchmarks

NOT_MEASURED = "–"

RIVALS = {
    "torch-eager": "torch eager",
    "torch-compile": "torch.compile",
    "onnxruntime-float32": "onnxruntime float32",
    "onnxruntime-int8-dynamic": "onnxruntime dynamic int8",
    "onnxruntime-int8-static-s8s8": "static S8S8",
    "onnxruntime-int8-static-u8s8": "static U8S8",
}
"""Headings of the rivals' columns."""
REAL_RIVALS = ("torch-eager", "torch-compile", "onnxruntime-float32")
INT8_RIVALS = tuple(name for name in RIVALS if name not in REAL_RIVALS)

SYSTEMS = {OURS: "earnest w8a8", OURS_SMALL: "earnest w4a8", **RIVALS}


def render_times(rows: Iterable[AnyRow]) -> str:
    """A line per model, length and threads: our milliseconds, and of each rival how many times ours, with its own."""
    found = benchmarks(rows)
    heading = ["model", "speech", "threads", "w8a8", "w4a8", *RIVALS.values()]
    lines = [
        [
            row.model,
            f"{row.seconds} s",
            f"{row.threads}",
            *(_time(row, name) for name in (OURS, OURS_SMALL)),
            *(_ratio(row, name) for name in RIVALS),
        ]
        for row in found
    ]
    return _table(heading, lines, texts=1) + _machines(found)


def render_short(rows: Iterable[AnyRow]) -> str:
    """The same for a reader in a hurry: of several ways to run 8 bits in onnxruntime the fastest, without its time."""
    found = benchmarks(rows)
    heading = [
        "speech",
        "threads",
        "w8a8",
        "w4a8",
        *(RIVALS[name] for name in REAL_RIVALS),
        "onnxruntime int8, fastest",
    ]
    lines = [
        [
            f"{row.seconds} s",
            f"{row.threads}",
            *(_time(row, name) for name in (OURS, OURS_SMALL)),
            *(_times_ours(row.ratios.get(name)) for name in REAL_RIVALS),
            _times_ours(min((row.ratios[name] for name in INT8_RIVALS if name in row.ratios), default=None)),
        ]
        for row in found
    ]
    return _table(heading, lines, texts=0) + _machines(found)


def render_memory(rows: Iterable[AnyRow]) -> str:
    """A line per system of each row that has memory: its peak, that of a run alone, loading, resident weights."""
    found = [(row, row.memory) for row in benchmarks(rows) if row.memory]
    heading = ["system", "model", "speech", "threads", "peak", "of torch eager", "once loaded", "load", "weights"]
    lines = [
        [
            heading_of,
            row.model,
            f"{row.seconds} s",
            f"{row.threads}",
            *_memory_cells(memory[name], memory.get("torch-eager")),
        ]
        for row, memory in found
        for name, heading_of in SYSTEMS.items()
        if name in memory
    ]
    return _table(heading, lines, texts=2) + _machines(row for row, _ in found)


def render_linear(rows: Iterable[AnyRow]) -> str:
    """A line per layer and number of threads: 10^9 operations per second, and the share of the peak of the same run."""
    found = [(row, row.linear) for row in benchmarks(rows) if row.linear is not None]
    measured: dict[tuple[str, int, int, int, int, int], tuple[float, float, float]] = {}
    for row, linear in found:
        for layer in linear.layers:
            key = (layer.weight_bits, layer.rows, layer.in_features, layer.out_features, row.threads)
            measured[(row.cpu, *key)] = (layer.operations_per_second, linear.peak, layer.share)
    heading = ["weights", "rows", "depth", "out", "threads", "GOP/s", "peak GOP/s", "share"]
    lines = [
        [f"{bits} bits", *map(str, key), f"{speed / 1e9:.0f}", f"{peak / 1e9:.0f}", f"{100 * share:.0f} %"]
        for (_, bits, *key), (speed, peak, share) in sorted(measured.items())
    ]
    return _table(heading, lines, texts=0) + _machines(row for row, _ in found)


def _time(row: BenchmarkRow, name: str) -> str:
    return f"{row.systems[name].milliseconds:.1f} ms" if name in row.systems else _absent(row, name)


def _ratio(row: BenchmarkRow, name: str) -> str:
    if name not in row.systems:
        return _absent(row, name)
    return f"{row.ratios[name]:.2f} x ({row.systems[name].milliseconds:.0f} ms)"


def _times_ours(ratio: float | None) -> str:
    return NOT_MEASURED if ratio is None else f"{ratio:.2f} x"


def _absent(row: BenchmarkRow, name: str) -> str:
    return "failed" if name in row.failed else NOT_MEASURED


def _memory_cells(held: SystemMemory, eager: SystemMemory | None) -> list[str]:
    return [
        f"{held.peak_bytes / 1e6:.0f} MB",
        NOT_MEASURED if eager is None else f"{held.peak_bytes / eager.peak_bytes:.2f}",
        f"{held.run_peak_bytes / 1e6:.0f} MB",
        f"{held.load_seconds:.2f} s",
        NOT_MEASURED if held.weight_bytes is None else f"{held.weight_bytes / 1e6:.2f} MB",
    ]


def _table(heading: Sequence[str], lines: Sequence[Sequence[str]], *, texts: int) -> str:
    """A Markdown table: the first `texts` columns to the left, figures to the right."""
    return table(heading, lines, "l" * texts + "r" * (len(heading) - texts))


def _machines(rows: Iterable[BenchmarkRow]) -> str:
    """What the figures were taken on and against, as a paragraph below the table."""
    told = []
    for row in rows:
        against = ", ".join(f"{name} {row.versions.get(name)}" for name in ("torch", "onnxruntime"))
        told.append(f"{row.machine_name}; {against}.")
    return "".join(f"\n\n{cell(line)}" for line in dict.fromkeys(told))
