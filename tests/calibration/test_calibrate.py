"""Calibration of a whole model of twins: every edge gets the grid of what it carried."""

from collections.abc import Iterator

import pytest
import torch
from tests.nn.tiny import Original, inputs, tiny_model, uncalibrated
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError
from earnest.integer.program.program import INPUT
from earnest.nn.edge import CalibratedEdge, ScaledEdge
from earnest.nn.model import TwinModel, edges, run_real
from earnest.nn.twins.add import Add
from earnest.nn.twins.concat import Concat
from earnest.nn.twins.pad import Pad
from earnest.nn.twins.scaled import Scaled
from earnest.nn.twins.slice import Slice
from earnest.nn.twins.transpose import Transpose
from earnest.numerics.grid import SMALLEST_SCALE, Grid, grid_of_range


def grids(model: TwinModel) -> dict[str, Grid]:
    return {name: edge.grid for name, edge in edges(model).items()}


def empty(entry: CalibratedEdge) -> TwinModel:
    return TwinModel(input_edge=entry, input_shape=("batch", "time", 4), shortest=1, longest=9999, target="int8")


def carried(model: TwinModel, batches: list[Tensor]) -> dict[str, Tensor]:
    """Every value of the float model by name."""
    seen: dict[str, list[Tensor]] = {}
    with torch.no_grad():
        for x in batches:
            run_real(model, x, lambda name, value: seen.setdefault(name, []).append(value.flatten()))
    return {name: torch.cat(values) for name, values in seen.items()}


@pytest.mark.parametrize("margin", [1.0, 1.5])
def test_extremes_give_each_edge_the_range_of_its_values(margin: float) -> None:
    model = tiny_model(Original(), margin=margin)
    assert calibrate(model, inputs()) is model
    values = carried(model, inputs())
    for name, edge in edges(model).items():
        low, high = float(values[name].min()) * margin, float(values[name].max()) * margin
        assert edge.grid == grid_of_range(low, high, bits=edge.bits, symmetric=edge.bits > 8), name


def test_each_edge_uses_its_own_method() -> None:
    """An outlier that one edge clips and another keeps."""
    entry, output = uncalibrated(INPUT, 4, "squared-error"), uncalibrated("copy", 4, "extremes")
    model = empty(entry)
    model.place_("copy", Add([entry], output, factors=(1.0,)), [INPUT])
    x = torch.randn(1, 3000, 4, generator=torch.Generator().manual_seed(0))
    x[0, 0, 0] = 60.0
    calibrate(model, [x])
    assert output.grid.range[1] > 55
    assert entry.grid.range[1] < 30


def test_what_is_calibrated_does_not_depend_on_earlier_grids() -> None:
    """The float operators run, with the float weights: codes play no part."""
    model = tiny_model(Original(), weight_bits=2)
    first = grids(calibrate(model, inputs()))
    assert grids(calibrate(model, inputs())) == first
    assert grids(calibrate(tiny_model(Original(), weight_bits=8), inputs())) == first
    assert grids(calibrate(model, inputs(seed=9))) != first


@pytest.mark.parametrize("method", ["extremes", "percentile", "squared-error"])
def test_it_is_deterministic_and_takes_a_generator(method: str) -> None:
    def stream() -> Iterator[Tensor]:
        yield from inputs()

    one = calibrate(tiny_model(Original(), method=method), stream())
    other = calibrate(tiny_model(Original(), method=method), inputs())
    assert grids(one) == grids(other)
    state = other.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in one.state_dict().items())


def test_it_changes_no_weight_and_leaves_no_gradient() -> None:
    model = tiny_model(Original())
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    calibrate(model, inputs())
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.grad is None


def test_no_data_is_an_error() -> None:
    for nothing in ([], iter(())):
        with pytest.raises(CalibrationError, match="at least one calibration input"):
            calibrate(tiny_model(Original()), nothing)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_data_that_are_not_finite_are_an_error_that_names_the_first_value(bad: float) -> None:
    good, worse = inputs(2)
    worse[0, 0, 0] = bad
    with pytest.raises(CalibrationError, match=f"^{INPUT}: .*not finite"):
        calibrate(tiny_model(Original()), [good, worse])


def test_a_weight_that_is_not_finite_is_named_by_its_path() -> None:
    model = tiny_model(Original())
    with torch.no_grad():
        model.twin("block.down").bias[2] = float("nan")  # type: ignore[index, operator]
    with pytest.raises(CalibrationError, match=r"^block\.down: .*not finite"):
        calibrate(model, inputs())


def test_an_edge_that_no_data_reach_is_an_error_with_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cannot happen in a graph that is walked whole; if a walk ever leaves a twin out, this is what is said."""
    model = tiny_model(Original())

    def partial(model: TwinModel, features: Tensor, observe) -> None:  # type: ignore[no-untyped-def]
        run_real(model, features, lambda name, x: None if name == "block.down" else observe(name, x))

    monkeypatch.setattr("earnest.calibration.calibrate.run_real", partial)
    with pytest.raises(CalibrationError, match=r"^block\.down: saw no calibration data \(1 such edges\)"):
        calibrate(model, inputs())


def test_a_value_that_is_always_zero_gets_the_smallest_grid_and_the_model_still_runs() -> None:
    """A dead branch: beside it the stream of the residual sum goes on as it was."""
    original = Original()
    with torch.no_grad():
        for parameter in original.down.parameters():
            parameter.zero_()
    model = calibrate(tiny_model(original), inputs())
    grid = model.edge("block.down").grid
    assert grid.scale == SMALLEST_SCALE
    seen: dict[str, Tensor] = {}
    with torch.no_grad():
        model.codes(inputs()[0], seen.__setitem__)
    assert (seen["block.down"] == grid.zero_point).all()
    live = model.edge("block.add[0]").real(seen["block.add[0]"]) - model.input.real(seen[INPUT])
    assert live.abs().max() <= model.edge("block.add[0]").grid.scale


def test_one_sided_data_use_the_whole_grid() -> None:
    entry, output = uncalibrated(INPUT), uncalibrated("sum")
    model = empty(entry)
    model.place_("sum", Add([entry], output, factors=(-2.0,)), [INPUT])
    calibrate(model, [torch.rand(1, 50, 4) + 3])
    assert (entry.grid.zero_point, output.grid.zero_point) == (-128, 127)


def test_all_operands_of_a_concat_are_seen() -> None:
    """They share one edge, whose range has to hold each of them."""
    entry, shared = uncalibrated(INPUT), uncalibrated("joined")
    model = empty(entry)
    model.place_("small", Add([entry], shared, factors=(0.1,)), [INPUT])
    model.place_("large", Add([entry], shared, factors=(7.0,)), [INPUT])
    model.place_("joined", Concat([shared, shared], shared, axis=1), ["small", "large"])
    x = torch.randn(1, 30, 4, generator=torch.Generator().manual_seed(0))
    calibrate(model, [x])
    assert shared.grid == grid_of_range(float((x * 7).min()), float((x * 7).max()), bits=8, symmetric=False)


def test_what_is_only_moved_is_counted_once() -> None:
    """Layout adds nothing to what an edge has seen; a scaling has the grid of its source, scaled."""
    entry, plain = uncalibrated(INPUT, 4, "percentile"), uncalibrated(INPUT, 4, "percentile")
    moved, alone = empty(entry), empty(plain)
    moved.place_("turned", Transpose([entry], entry, order=(0, 2, 1)), [INPUT])
    moved.place_("first", Slice([entry], entry, axis=2, start=0, stop=1, step=1), ["turned"])
    moved.place_("padded", Pad([entry], entry, before=(0, 0, 999), after=(0, 0, 0)), ["first"])
    scaled = ScaledEdge(entry, 3.0)
    moved.place_("scaled", Scaled([entry], scaled, factor=3.0), ["padded"])
    x = torch.rand(1, 90, 4, generator=torch.Generator().manual_seed(0)) + 1
    calibrate(moved, [x])
    calibrate(alone, [x])
    assert entry.grid == plain.grid
    assert scaled.grid.scale == 3 * entry.grid.scale


def test_progress_counts_both_passes() -> None:
    calls: list[tuple[int, int]] = []
    calibrate(tiny_model(Original()), inputs(3), lambda done, total: calls.append((done, total)))
    assert calls == [(index, 6) for index in range(1, 7)]
