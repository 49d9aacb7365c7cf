"""The share of the machine's measured 8-bit peak that linear layers reach, epilogue included."""

import statistics

ROWS = 375
"""Frames of 15 s after the subsampling."""
LAYERS = ((176, 704), (704, 176), (512, 512), (768, 3072), (3072, 768))
"""in_features (the depth of the sum) and out_features: of the Conformer, of a middling model, of wav2vec 2.0 base."""
WEIGHT_BITS = (8, 4)
ROUNDS = 5


def measure(threads: int) -> dict[str, object]:
    """`peak` of a bare register-blocked loop and `layers` with their share of it; operations per second, two for a
    multiply-accumulate. Medians of rounds in which peak and layers take turns. To be called in a fresh process.
    """
    from earnest.engine import measure as engine

    peaks: list[float] = []
    layers: dict[tuple[int, int, int], list[float]] = {
        (depth, width, bits): [] for bits in WEIGHT_BITS for depth, width in LAYERS
    }
    for _ in range(ROUNDS):
        peaks.append(engine.peak(threads=threads))
        for (depth, width, bits), speeds in layers.items():
            speed = engine.linear(rows=ROWS, in_features=depth, out_features=width, weight_bits=bits, threads=threads)
            speeds.append(speed)
    peak = statistics.median(peaks)
    return {
        "peak": round(peak),
        "layers": [
            {
                "rows": ROWS,
                "in_features": depth,
                "out_features": width,
                "weight_bits": bits,
                "operations_per_second": round(statistics.median(speeds)),
                "share": round(statistics.median(speeds) / peak, 4),
            }
            for (depth, width, bits), speeds in layers.items()
        ],
    }
