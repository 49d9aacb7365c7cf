"""Calibrate: run the float operators of a model of twins on data, and give every edge its grid."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from earnest.calibration.histogram import Extremes, Histogram
from earnest.calibration.ranges import choose
from earnest.errors import CalibrationError
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel, edges, run_real
from earnest.numerics.grid import grid_of_range

Progress = Callable[[int, int], None]


def calibrate(model: TwinModel, batches: Iterable[Tensor], progress: Progress | None = None) -> TwinModel:
    """Static ranges for all edges of `model`, which is returned, from float inputs [batch, time, features].

    Two passes: extremes, then histograms. CalibrationError if there are no data, if an edge saw none, or if a value
    is not finite. `progress` is called with the inputs done and the number of inputs, both passes counted.
    """
    inputs = list(batches)
    if not inputs:
        raise CalibrationError("expected at least one calibration input, got none")
    wanted: dict[str, CalibratedEdge] = {}
    for name, edge in edges(model).items():
        if isinstance(edge, CalibratedEdge) and edge not in wanted.values():
            wanted[name] = edge
    extremes = {name: Extremes() for name in wanted}
    _observe(model, inputs, lambda name, x: extremes[name].observe_(name, x) if name in extremes else None, progress, 0)
    unseen = [name for name, seen in extremes.items() if not seen.seen]
    if unseen:
        raise CalibrationError(f"{unseen[0]}: saw no calibration data ({len(unseen)} such edges)")
    histograms = {name: Histogram.over(seen) for name, seen in extremes.items()}
    _observe(
        model,
        inputs,
        lambda name, x: histograms[name].observe_(x) if name in histograms else None,
        progress,
        len(inputs),
    )
    for name, edge in wanted.items():
        low, high = choose(histograms[name], edge.method, bits=edge.bits, symmetric=edge.symmetric)
        edge.set_(grid_of_range(low * edge.margin, high * edge.margin, bits=edge.bits, symmetric=edge.symmetric))
    return model


def _observe(
    model: TwinModel,
    inputs: list[Tensor],
    observe: Callable[[str, Tensor], None],
    progress: Progress | None,
    done: int,
) -> None:
    with torch.no_grad():
        for index, features in enumerate(inputs, start=1):
            run_real(model, features, observe)
            if progress is not None:
                progress(done + index, 2 * len(inputs))
