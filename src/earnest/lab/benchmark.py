"""Benchmarks in the ledger: what a row of kind "benchmark" holds, and the ratios that follow from its figures.

ratio of a rival = its median time / median time of the w8a8 program        (above 1: the program is faster)
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from earnest.errors import LedgerError

BENCHMARK = "benchmark"
OURS, OURS_SMALL = "earnest-w8a8", "earnest-w4a8"
DYNAMIC, STATIC = "onnxruntime-int8-dynamic", "onnxruntime-int8-static"

BENCHMARK_KEYS = {
    "kind": str,
    "command": str,
    "model": str,
    "model_sha256": str,
    "program_sha256": dict,
    "target": str,
    "data": str,
    "data_sha256": str,
    "cpu": str,
    "cpus": int,
    "other_load": (int, float, type(None)),
    "seconds": int,
    "threads": int,
    "repeats": int,
    "systems": dict,
    "failed": dict,
    "ratios": dict,
    "memory": (dict, type(None)),
    "linear": (dict, type(None)),
    "git": (dict, type(None)),
    "versions": dict,
}
"""What a row of kind "benchmark" holds at least; a row is one model, one length of speech, one number of threads.

`other_load` is how many cores other processes kept busy during the rounds, None where the system does not tell.
`systems` has by name the median, fastest and slowest time of a run in milliseconds and how far its result is from torch
eager's; `failed` by name the reason why a system has no times; `memory` by name bytes above a bare import and seconds
of loading; `linear` the 8-bit peak of the machine in operations per second and the layers' share of it. The last two
are None where they were not measured with this row.
"""

TIMES = ("milliseconds", "fastest", "slowest")
MEMORY = ("peak_bytes", "run_peak_bytes", "load_seconds")
LAYER = ("rows", "in_features", "out_features", "weight_bits", "operations_per_second", "share")
_SAME_MEASUREMENT = ("model", "cpu", "cpus", "seconds", "threads")
_TOLERANCE = 0.002
"""Relative; figures in the ledger are rounded."""


def ratios(milliseconds: Mapping[str, float]) -> dict[str, float]:
    """Time of each rival over that of the w8a8 program, from median times by system.

    `onnxruntime-int8` stands for the dynamic one, `onnxruntime-int8-static` for the faster of the static ones.
    LedgerError: no time of the program.
    """
    if OURS not in milliseconds:
        raise LedgerError(f"expected a time of {OURS}, got {sorted(milliseconds)}: there is nothing to compare with")
    ours = milliseconds[OURS]
    found = {name: time / ours for name, time in milliseconds.items() if name not in (OURS, OURS_SMALL)}
    static = [ratio for name, ratio in found.items() if name.startswith(f"{STATIC}-")]
    if DYNAMIC in found:
        found["onnxruntime-int8"] = found[DYNAMIC]
    if static:
        found[STATIC] = min(static)
    return {name: round(ratio, 3) for name, ratio in found.items()}


def comparisons(row: Mapping[str, Any]) -> dict[str, float]:
    """What else a row shows in one number: the speed of w4a8 relative to w8a8 and its resident weights, the peak memory
    relative to torch eager's. What was not measured is left out.
    """
    found: dict[str, float] = {}
    systems, memory = row["systems"], row["memory"] or {}
    if OURS_SMALL in systems:
        found["w4a8_speed_of_w8a8"] = systems[OURS]["milliseconds"] / systems[OURS_SMALL]["milliseconds"]
    if OURS in memory and OURS_SMALL in memory:
        found["w4a8_weights_of_w8a8"] = memory[OURS_SMALL]["weight_bytes"] / memory[OURS]["weight_bytes"]
    if OURS in memory and "torch-eager" in memory:
        for key in ("peak", "run_peak"):
            found[f"{key}_of_torch_eager"] = memory[OURS][f"{key}_bytes"] / memory["torch-eager"][f"{key}_bytes"]
    return {name: round(value, 3) for name, value in found.items()}


def benchmarks(rows: Iterable[Mapping[str, object]]) -> list[Mapping[str, Any]]:
    """The benchmarks of a ledger: of each model, machine, length and number of threads the latest, in that order."""
    latest: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        if row.get("kind") == BENCHMARK:
            check_benchmark(row)
            latest[tuple(row[key] for key in _SAME_MEASUREMENT)] = row
    return [latest[key] for key in sorted(latest)]


def check_benchmark(row: Mapping[str, object]) -> None:
    """LedgerError: a key of a benchmark is missing, of another type, or contradicts the others."""
    for key, kind in BENCHMARK_KEYS.items():
        if key not in row:
            raise LedgerError(f"a benchmark of the ledger: key {key!r} is missing")
        if not (_real(row[key]) if kind is float else isinstance(row[key], kind) and type(row[key]) is not bool):
            raise LedgerError(f"a benchmark of the ledger: key {key!r} cannot be {row[key]!r}")
    if row["kind"] != BENCHMARK:
        raise LedgerError(f"expected a row of kind {BENCHMARK!r}, got {row['kind']!r}")
    for key in ("seconds", "threads", "repeats", "cpus"):
        if cast(int, row[key]) < 1:
            raise LedgerError(f"a benchmark of the ledger: expected {key} of at least 1, got {row[key]}")
    _check_systems(cast(Mapping[str, Any], row["systems"]), cast(Mapping[str, Any], row["failed"]))
    expected = ratios({name: system["milliseconds"] for name, system in cast(dict[str, Any], row["systems"]).items()})
    claimed = cast(Mapping[str, Any], row["ratios"])
    if claimed.keys() != expected.keys() or not all(_near(claimed[name], expected[name]) for name in expected):
        raise LedgerError(f"a benchmark of the ledger: the times give the ratios {expected}, got {dict(claimed)}")
    _check_memory(cast(Mapping[str, Any], row["memory"] or {}))
    if row["linear"] is not None:
        _check_linear(cast(Mapping[str, Any], row["linear"]))


def _check_systems(systems: Mapping[str, Any], failed: Mapping[str, Any]) -> None:
    for name, system in systems.items():
        where = f"a benchmark of the ledger: {name}"
        _check_figures(system, TIMES, where)
        if not system["fastest"] <= system["milliseconds"] <= system["slowest"]:
            raise LedgerError(f"{where}: expected the median between fastest and slowest, got {system!r}")
        if not _real(system.get("frames_differing")) or not 0 <= system["frames_differing"] <= 1:
            raise LedgerError(f"{where}: expected a share of frames_differing from 0 to 1, got {system!r}")
        if name in failed:
            raise LedgerError(f"{where}: has times, and failed all the same: {failed[name]!r}")
    for name, reason in failed.items():
        if not isinstance(reason, str) or not reason:
            raise LedgerError(f"a benchmark of the ledger: {name} failed: expected the reason, got {reason!r}")


def _check_memory(memory: Mapping[str, Any]) -> None:
    for name, figures in memory.items():
        where = f"a benchmark of the ledger: memory of {name}"
        ours = ("opened_seconds", "ready_seconds", "weight_bytes") if name in (OURS, OURS_SMALL) else ()
        _check_figures(figures, MEMORY + ours, where)
        if figures["run_peak_bytes"] > figures["peak_bytes"]:
            raise LedgerError(f"{where}: a run alone cannot take more than loading and run, got {figures!r}")
        if ours and figures["opened_seconds"] + figures["ready_seconds"] > figures["load_seconds"] + 0.001:
            raise LedgerError(f"{where}: opened and ready cannot take longer than load_seconds, got {figures!r}")


def _check_linear(linear: Mapping[str, Any]) -> None:
    where = "a benchmark of the ledger: linear"
    _check_figures(linear, ("peak",), where)
    if not isinstance(linear.get("layers"), list | tuple) or not linear["layers"]:
        raise LedgerError(f"{where}: expected layers, got {linear.get('layers')!r}")
    for layer in linear["layers"]:
        _check_figures(layer, LAYER, where)
        if abs(layer["operations_per_second"] / linear["peak"] - layer["share"]) > _TOLERANCE:
            raise LedgerError(f"{where}: {layer!r} is no such share of the peak {linear['peak']}")


def _check_figures(figures: Any, keys: Iterable[str], where: str) -> None:
    """LedgerError: not an object, or one of the keys is no number above 0."""
    if not isinstance(figures, Mapping):
        raise LedgerError(f"{where}: expected an object, got {figures!r}")
    for key in keys:
        value: Any = figures.get(key)
        if not _real(value) or value <= 0:
            raise LedgerError(f"{where}: expected {key} a number above 0, got {value!r}")


def _near(value: object, expected: float) -> bool:
    return _real(value) and abs(cast(float, value) - expected) <= _TOLERANCE * max(1.0, expected)


def _real(value: object) -> bool:
    return type(value) in (int, float)
