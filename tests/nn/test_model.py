"""The model of twins: order, observation, what is kept in memory, names, state, copies, batches."""

import copy
import gc
import weakref

import pytest
import torch
from tests.nn.specimen import edge
from tests.nn.tiny import CLASSES, WIDTH, Original, inputs, tiny_model, uncalibrated
from torch import Tensor, nn

from earnest.calibration.calibrate import calibrate
from earnest.errors import CalibrationError, ProgramError
from earnest.integer.program.program import INPUT
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel, edges, run_real
from earnest.nn.twin import Twin
from earnest.nn.twins.add import Add
from earnest.numerics.grid import quantize

ORDER = ["block.up", "block.silu[0]", "block.down", "block.add[0]", "block", "head"]


@pytest.fixture
def model() -> TwinModel:
    return calibrate(tiny_model(Original()), inputs())


def codes(model: TwinModel, features: Tensor) -> Tensor:
    with torch.no_grad():
        return model.codes(features)


def test_values_are_made_and_observed_in_order(model: TwinModel) -> None:
    seen: list[str] = []
    x = inputs()[0]
    with torch.no_grad():
        result = model.codes(x, lambda name, value: seen.append(name))
    assert seen == [INPUT, *ORDER]
    assert result.shape == (1, x.shape[1], CLASSES)
    assert [call.name for call in model.calls] == ORDER
    assert list(edges(model)) == [INPUT, *ORDER]


def test_the_real_walk_is_the_float_model() -> None:
    """The same float32 operators in the same order: to the bit."""
    original, x = Original(), inputs()[0]
    with torch.no_grad():
        assert torch.equal(run_real(tiny_model(original), x), original(x))


def test_the_forward_is_the_real_value_of_the_codes(model: TwinModel) -> None:
    x = inputs()[1]
    grid = model.edge("head").grid
    with torch.no_grad():
        expected = grid.scale * (codes(model, x).double() - grid.zero_point)
        assert ((model(x) - expected).abs() <= expected.abs() * 2**-22).all()


def test_features_become_codes_as_the_grid_says(model: TwinModel) -> None:
    """Through the entry's multiplier, 2^-16 off: another code only within that of a tie."""
    grid = model.input.grid
    x = torch.linspace(-9, 9, 6001)
    got, exact = model.encode(x).numpy(), quantize(x.numpy(), grid)
    ratio = x.double().numpy() / grid.scale
    tie = abs(ratio + 0.5 - (ratio + 0.5).round()) <= abs(ratio) * 2**-16
    assert ((got == exact) | tie).all()
    assert (got == exact).sum() > 5900
    assert (got.min(), got.max()) == (-128, 127)


def test_a_value_is_dropped_after_its_last_reader(model: TwinModel) -> None:
    alive: dict[str, weakref.ref[Tensor]] = {}
    living: dict[str, set[str]] = {}

    def observe(name: str, value: Tensor) -> None:
        gc.collect()
        living[name] = {other for other, reference in alive.items() if reference() is not None} - {INPUT}
        alive[name] = weakref.ref(value)

    with torch.no_grad():
        result = model.codes(inputs()[0], observe)
    assert living["block.silu[0]"] == {"block.up"}
    assert living["block.down"] == {"block.silu[0]"}
    assert living["block"] == {"block.add[0]"}
    assert living["head"] == {"block"}
    assert result.shape[-1] == CLASSES


def test_two_twins_at_one_place_are_refused(model: TwinModel) -> None:
    twin = Add([model.input], edge(), factors=(1.0,))
    for name in ("head", "block", "block.up"):
        with pytest.raises(ProgramError, match=f"^{name}: two twins at one place"):
            model.place_(name, twin, [INPUT])
    assert [call.name for call in model.calls] == ORDER


def test_a_twin_keeps_the_twins_below_its_path(model: TwinModel) -> None:
    """`block` came after `block.up`: the container that stood there gave it its children."""
    assert model.twin("block").kind == "layer_norm"
    assert model.twin("block.up").kind == "linear"
    assert "block.up.weight" in model.state_dict()
    assert {name for name, module in model.named_modules() if isinstance(module, Twin)} == set(ORDER)
    with pytest.raises(KeyError):
        model.twin("block.up.output")


def test_it_prints_its_paths_and_widths(model: TwinModel) -> None:
    text = str(model.twin("block.up"))
    assert text == "Linear(6 -> 10, w8 per channel, in a8, out a8)"
    assert str(model.twin("block.silu[0]")) == "Table(silu, in a8, out a8)"


def test_state_goes_into_another_model_and_gives_the_same_codes(model: TwinModel) -> None:
    x = inputs()[2]
    other = tiny_model(Original(seed=5))
    other.load_state_dict(model.state_dict())
    assert torch.equal(codes(other, x), codes(model, x))
    different = calibrate(tiny_model(Original(seed=5)), inputs())
    assert not torch.equal(codes(different, x), codes(model, x))
    names = set(model.state_dict())
    assert {"input.scale", "input.zero_point", "head.output.scale", "head.weight_scale", "head.bias"} <= names


def test_a_copy_shares_nothing(model: TwinModel) -> None:
    x = inputs()[0]
    before = codes(model, x)
    copied = copy.deepcopy(model)
    assert torch.equal(codes(copied, x), before)
    pointers = {t.data_ptr() for t in (*model.parameters(), *model.buffers())}
    assert not pointers & {t.data_ptr() for t in (*copied.parameters(), *copied.buffers())}
    assert not {id(m) for m in model.modules()} & {id(m) for m in copied.modules()}
    for name in ORDER:
        assert copied.twin(name).operands[0] in [*edges(copied).values()]
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.mul_(-0.5)
        copied.input.scale.mul_(2)
    assert not torch.equal(codes(copied, x), before)
    assert torch.equal(codes(model, x), before)


def test_a_batch_of_equal_lengths_is_its_utterances(model: TwinModel) -> None:
    alone = [torch.randn(1, 9, WIDTH, generator=torch.Generator().manual_seed(seed)) * 2 for seed in range(3)]
    together = codes(model, torch.cat(alone))
    for index, x in enumerate(alone):
        assert torch.equal(together[index : index + 1], codes(model, x))


def test_train_and_eval_are_one_law(model: TwinModel) -> None:
    x = inputs()[0]
    assert torch.equal(model.train().codes(x), model.eval().codes(x))


def test_the_gradient_of_the_logits_is_that_of_real_values(model: TwinModel) -> None:
    """d sum(logits) / d bias counts the frames whose logit is not clipped; no scale enters."""
    model(inputs()[0]).sum().backward()
    bias = model.twin("head").bias
    assert isinstance(bias, nn.Parameter)
    assert bias.grad is not None
    with torch.no_grad():
        low, high = model.edge("head").codes
        result = codes(model, inputs()[0])
    inside = ((result > low) & (result < high)).sum(dim=(0, 1))
    assert (bias.grad >= inside).all()
    assert (bias.grad <= inputs()[0].shape[1]).all()
    assert torch.equal(bias.grad, bias.grad.round())


def test_it_trains_with_every_parameter(model: TwinModel) -> None:
    x = inputs()[0].requires_grad_()
    model(x).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
    assert x.grad is not None
    assert x.grad.abs().max() > 0


def test_before_calibration_there_is_an_error_with_the_path() -> None:
    model = tiny_model(Original())
    with pytest.raises(CalibrationError, match=f"^{INPUT}: no range yet"):
        model(inputs()[0])
    calibrate(model, inputs())
    gone = model.edge("block.down")
    assert isinstance(gone, CalibratedEdge)
    gone.scale.fill_(float("nan"))
    with pytest.raises(CalibrationError, match=r"^block\.down: no range yet"):
        model(inputs()[0])


def test_another_rank_of_input_is_refused(model: TwinModel) -> None:
    with pytest.raises(ValueError, match=r"argument 2 is shorter"):
        model(torch.zeros(7, WIDTH))


def test_it_is_an_ordinary_module(model: TwinModel) -> None:
    assert isinstance(model, nn.Module)
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in Original().parameters())
    assert uncalibrated("x").extra_repr() == "8 bits"
