"""Simulation: the values of the law, but for values that fall beside the middle between two codes."""

import pytest
import torch
from tests.nn.tiny import WIDTH, Original, inputs, tiny_model

from earnest.calibration.calibrate import calibrate
from earnest.integer.program.program import INPUT
from earnest.nn.model import TwinModel, run_real, walk
from earnest.nn.simulation import recomputed, rerun, simulated
from earnest.nn.twin import Twin


@pytest.mark.parametrize("bits", [4, 8])
def test_simulated_values_are_those_of_the_law(bits: int):
    """At most one code away, and rarely that."""
    batches = inputs(count=6, time=19, width=WIDTH)
    model = calibrate(tiny_model(Original(), weight_bits=bits), batches)
    symbols = model.symbols(batches[0])
    carriers: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        model.codes(batches[0], carriers.__setitem__)
        apart = total = 0.0
        for call in model.calls:
            twin = model.twin(call.name)
            reals = [edge.real(carriers[name]) for edge, name in zip(twin.operands, call.inputs, strict=True)]
            made = simulated(twin, reals, twin.quantized(), symbols)
            codes = (made - twin.output.real(carriers[call.name])).abs() / twin.output.grid.scale
            assert float(codes.max()) <= (1.01 if twin.output.bits <= 8 else 64)
            apart += float((codes > 0.5).sum()) if twin.output.bits <= 8 else 0
            total += codes.numel()
        assert apart <= 0.02 * total
        result = walk(
            model,
            {INPUT: model.input.nearest(batches[0])},
            lambda twin, values: simulated(twin, values, twin.quantized(), symbols),
            None,
        )
        assert torch.allclose(result, model(batches[0]), atol=0.1 * float(model(batches[0]).std()))


@pytest.fixture(scope="module")
def model() -> TwinModel:
    return tiny_model(Original())


@torch.no_grad()
def float_values(model: TwinModel, features: torch.Tensor) -> dict[str, torch.Tensor]:
    values: dict[str, torch.Tensor] = {}
    run_real(model, features, values.__setitem__)
    return values


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        ([], []),
        (["head"], ["head"]),
        (["block.add[0]"], ["block.add[0]", "block", "head"]),
        (["block.down", "head"], ["block.down", "block.add[0]", "block", "head"]),
    ],
)
@torch.no_grad()
def test_only_what_a_change_reaches_is_computed_again(model: TwinModel, changed: list[str], reached: list[str]) -> None:
    """And with what it had before, so that a pass with other parameters is the whole pass with them."""
    (features,) = inputs(count=1, time=9, width=WIDTH)
    values, symbols, computed = float_values(model, features), model.symbols(features), []

    def twice(twin: Twin, read: list[torch.Tensor]) -> torch.Tensor:
        computed.append(twin.path)
        made = twin.real(read, twin.trainable(), symbols)
        return 2 * made if twin.path in changed else made

    found = recomputed(model, values, changed, twice)
    assert computed == reached
    computed.clear()
    assert torch.equal(found, walk(model, {INPUT: values[INPUT]}, twice, None))
    again = rerun(model, values, dict.fromkeys(changed, twice), symbols)
    assert torch.equal(again, found)
    assert torch.equal(found, values["head"]) == (not changed)
