"""Calibrate: run the float operators of a model of twins on data, and give every edge its grid."""

from collections.abc import Callable, Iterable

from torch import Tensor

from earnest.calibration.histogram import Extremes, Histogram
from earnest.calibration.importance import importance, read_by_products
from earnest.calibration.ranges import NEED_COUNTS, NEED_IMPORTANCE, choose
from earnest.errors import CalibrationError
from earnest.nn.edge import CalibratedEdge
from earnest.nn.layout import Layout
from earnest.nn.model import Inputs, TwinModel, edges, run_real, walk
from earnest.nn.parallel import Progress, counted, each
from earnest.nn.twin import Twin
from earnest.numerics.grid import Grid, grid_of_range

Made = dict[str, CalibratedEdge]


def calibrate(model: TwinModel, batches: Iterable[Inputs], progress: Progress | None = None) -> TwinModel:
    """Static ranges for all edges of `model`, which is returned, from its float inputs.

    Two passes: extremes, then histograms. CalibrationError if there are no data, if an edge saw none, or if a value
    is not finite. `progress` is called with the inputs done and the number of inputs, both passes counted.
    """
    inputs = list(batches)
    passes = 2 * len(inputs)
    if not inputs:
        raise CalibrationError("expected at least one calibration input, got none")
    made = made_values(model)
    extremes = {edge: Extremes() for edge in made.values()}
    for one in each(lambda x: _extremes(model, x, made), inputs, counted(progress, passes)):
        for edge, seen in one.items():
            extremes[edge].merge_(seen)
    unseen = [name for name, edge in made.items() if not extremes[edge].seen]
    if unseen:
        raise CalibrationError(f"{unseen[0]}: saw no calibration data ({len(unseen)} such edges)")
    told = counted(progress, passes, before=len(inputs))
    for edge, histogram in _histograms(model, inputs, made, extremes, told).items():
        low, high = choose(histogram, edge.method, bits=edge.bits, symmetric=edge.symmetric, function=edge.function)
        edge.set_(_grid(edge, low * edge.margin, high * edge.margin))
    return model


def _grid(edge: CalibratedEdge, low: float, high: float) -> Grid:
    """The grid over a range, widened where a reader asks for a greater scale."""
    grid = grid_of_range(low, high, bits=edge.bits, symmetric=edge.symmetric)
    if grid.scale >= edge.smallest_scale:
        return grid
    wider = edge.smallest_scale / grid.scale * (1 + 2.0**-20)
    return grid_of_range(low * wider, high * wider, bits=edge.bits, symmetric=edge.symmetric)


def made_values(model: TwinModel) -> Made:
    """The values that have a grid to be chosen, by name. Several may share one edge, as the operands of a concat do;
    what layout only moves is left out, for it was seen where it was made.
    """
    moved = {call.name for call in model.calls if isinstance(model.twin(call.name), Layout)}
    return {n: e for n, e in edges(model).items() if isinstance(e, CalibratedEdge) and n not in moved}


def _extremes(model: TwinModel, one: Inputs, made: Made) -> dict[CalibratedEdge, Extremes]:
    """What the edges carry on one input."""
    found = {edge: Extremes() for edge in made.values()}
    run_real(model, one, lambda name, x: found[made[name]].observe_(name, x) if name in made else None)
    return found


def _histograms(
    model: TwinModel,
    inputs: list[Inputs],
    made: Made,
    extremes: dict[CalibratedEdge, Extremes],
    done: Callable[[int], None] | None,
) -> dict[CalibratedEdge, Histogram]:
    """How often each value occurs, and how much its error counts, where the method of its edge asks for it."""
    histograms = {edge: Histogram.over(seen) for edge, seen in extremes.items()}
    counted = {name: edge for name, edge in made.items() if edge.method in NEED_COUNTS}
    weighed = {edge for edge in read_by_products(model) if edge.method in NEED_IMPORTANCE}
    for found in each(lambda x: _counts(model, x, counted, weighed, extremes), inputs, done):
        for edge, histogram in found.items():
            histograms[edge].merge_(histogram)
    return histograms


def _counts(
    model: TwinModel,
    one: Inputs,
    counted: Made,
    weighed: set[CalibratedEdge],
    extremes: dict[CalibratedEdge, Extremes],
) -> dict[CalibratedEdge, Histogram]:
    """The same of one input."""
    found = {edge: Histogram.over(extremes[edge]) for edge in counted.values()}
    symbols = model.symbols(one)

    def count(name: str, x: Tensor) -> None:
        if name in counted:
            found[counted[name]].observe_(x)

    def compute(twin: Twin, values: list[Tensor]) -> Tensor:
        if not isinstance(twin, Layout) and weighed.intersection(twin.operands):
            for edge, x, counts in zip(twin.operands, values, importance(twin, values, symbols), strict=True):
                if isinstance(edge, CalibratedEdge) and edge in weighed:
                    found[edge].weigh_(x, counts)
        return twin.real(values, twin.trainable(), symbols)

    walk(model, model.read(one), compute, count)
    return found
