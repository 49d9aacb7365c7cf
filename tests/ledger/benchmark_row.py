"""A row of kind "benchmark" whose figures agree with each other."""

from typing import Any


def system(milliseconds: float, differing: float = 0.0) -> dict[str, Any]:
    times = {"milliseconds": milliseconds, "fastest": milliseconds - 1, "slowest": milliseconds + 1}
    return times | {"frames_differing": differing, "largest_difference": None}


def held(peak: int, run: int, **more: float) -> dict[str, float]:
    return {"peak_bytes": peak, "run_peak_bytes": run, "load_seconds": 0.5, **more}


OURS = {"opened_seconds": 0.3, "ready_seconds": 0.05}
LAYER = {"rows": 375, "in_features": 512, "out_features": 512, "weight_bits": 8}

ROW: dict[str, Any] = {
    "kind": "benchmark",
    "command": "python benchmarks/engine.py",
    "model": "conformer",
    "model_sha256": "ab" * 32,
    "program_sha256": {"w8a8": "cd" * 32, "w4a8": "ef" * 32},
    "target": "int8x16",
    "data": "dev-clean",
    "data_sha256": "12" * 32,
    "cpu": "AMD EPYC",
    "cpus": 2,
    "other_load": 0.05,
    "seconds": 15,
    "threads": 2,
    "repeats": 15,
    "systems": {
        "torch-eager": system(180.0),
        "onnxruntime-int8-dynamic": system(90.0, 0.01),
        "onnxruntime-int8-static-s8s8": system(75.0, 0.05),
        "onnxruntime-int8-static-u8s8": system(60.0, 0.05),
        "earnest-w8a8": system(30.0, 0.02),
        "earnest-w4a8": system(32.0, 0.1),
    },
    "failed": {"torch-compile": "RuntimeError: no compiler"},
    "ratios": {
        "torch-eager": 6.0,
        "onnxruntime-int8-dynamic": 3.0,
        "onnxruntime-int8": 3.0,
        "onnxruntime-int8-static-s8s8": 2.5,
        "onnxruntime-int8-static-u8s8": 2.0,
        "onnxruntime-int8-static": 2.0,
    },
    "memory": {
        "torch-eager": held(200_000_000, 100_000_000),
        "earnest-w8a8": held(50_000_000, 30_000_000, **OURS, weight_bytes=13_000_000),
        "earnest-w4a8": held(40_000_000, 20_000_000, **OURS, weight_bytes=6_500_000),
    },
    "linear": {"peak": 800e9, "layers": [LAYER | {"operations_per_second": 520e9, "share": 0.65}]},
    "git": None,
    "versions": {"torch": "2.13.0", "onnxruntime": "1.32.0"},
}
