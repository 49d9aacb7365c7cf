"""Modules of many shapes, and `transformers`' Parakeet, go the whole way to a verified program of equal codes."""

from typing import Any

import numpy as np
import pytest
import torch
from tests.swapping.modules import (
    FEATURES,
    Attention,
    Bent,
    Grouped,
    Joined,
    Norms,
    Positions,
    PostNorm,
    RootMeanSquare,
    Twice,
    check_whole_way,
    codes_of,
    inputs,
    swapped,
)
from torch import nn

from earnest.errors import SwapError
from earnest.models.conformer.config import ConformerConfig
from earnest.models.hub.random_weights import random_conformer
from earnest.nn.model import TwinModel
from earnest.nn.twin import Twin
from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.rms_norm import RmsNorm
from earnest.nn.twins.softmax import Exponential
from earnest.nn.twins.weighted_mean import WeightedMean


def _kinds(twin: TwinModel) -> list[str]:
    return [twin.twin(call.name).kind for call in twin.calls]


def _operators(twin: TwinModel) -> dict[str, Twin]:
    return {call.name: twin.twin(call.name) for call in twin.calls}


def test_called_twice_has_one_weight_and_two_grids():
    operators = _operators(check_whole_way(Twice()))
    first, second = operators["shared.linear[0]"], operators["shared.linear[1]"]
    assert first.weight is second.weight
    assert first.output is not second.output
    assert first.output.grid != second.output.grid


def test_wide_value_is_requantized_for_a_narrow_reader():
    twin = check_whole_way(PostNorm())
    operators = _operators(twin)
    assert isinstance(operators["norm"], LayerNorm)
    assert operators["norm"].output.bits == 16
    assert operators["inner.requantize[0]"].output.bits == 8
    assert [row.path for row in twin.report.inserted] == ["inner.requantize[0]"]


def test_norms_are_folded():
    model = Norms()
    operators = _operators(check_whole_way(model))
    convolutions = [twin for twin in operators.values() if isinstance(twin, Convolution1d)]
    assert [twin.groups for twin in convolutions] == [1, 8, 4]
    assert not any("folded" in name for name in operators)
    factor = model.folded.weight / torch.sqrt(model.folded.running_var + model.folded.eps)
    torch.testing.assert_close(operators["conv"].weight, model.conv.weight * factor[:, None, None])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_attention(causal: bool, target: str):
    twin = check_whole_way(Attention(causal=causal), target)
    softmax = [t for t in _operators(twin).values() if t.kind in ("softmax", "exponential")]
    assert len(softmax) == 1
    assert softmax[0].masked == causal
    assert ("weighted_mean" in _kinds(twin)) == (target == "int8")


def test_causal_mask_hides_the_future():
    twin = check_whole_way(Attention(causal=True))
    (x,) = inputs((50,))
    changed = x.clone()
    changed[:, 40:] += 1.0
    before, after = codes_of(twin, x), codes_of(twin, changed)
    assert np.array_equal(before[:, :40], after[:, :40])
    assert not np.array_equal(before[:, 40:], after[:, 40:])


def test_positions_are_a_slice_of_a_table():
    assert "slice" in _kinds(check_whole_way(Positions(relative_to_length=False)))


def test_concat_and_products():
    kinds = _kinds(check_whole_way(Joined()))
    assert {"concat", "mul", "slice", "add"} <= set(kinds)


@pytest.mark.parametrize("form", ["enable_gqa", "repeat_interleave", "expand"])
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_keys_and_values_of_groups_of_heads(form: str, target: str) -> None:
    """Copies are layout: they have the grid of what they copy, symmetric for the product, and nothing is rounded."""
    twin = check_whole_way(Grouped(form), target)
    copied = [t for t in _operators(twin).values() if t.kind == "concat"]
    assert [len(t.operands) for t in copied] == [3, 3]
    assert all(t.output is t.operands[0] and t.output.grid.zero_point == 0 for t in copied)
    assert "add" not in _kinds(twin)


@pytest.mark.parametrize("form", ["rsqrt", "square root", "no gain"])
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_an_rms_norm_that_is_written_out_is_one_operator(form: str, target: str) -> None:
    model = RootMeanSquare(form)
    twin = check_whole_way(model, target)
    assert [kind for kind in _kinds(twin) if kind not in ("add", "linear")] == ["rms_norm"]
    (norm,) = (t for t in _operators(twin).values() if isinstance(t, RmsNorm))
    gain = {"rsqrt": model.weight, "square root": 1 + model.weight, "no gain": torch.ones(40)}[form]
    torch.testing.assert_close(norm.weight.detach(), gain.detach())


@pytest.mark.parametrize("norm", [nn.RMSNorm(FEATURES), nn.RMSNorm(FEATURES, eps=1e-3, elementwise_affine=False)])
def test_rms_norm(norm: nn.RMSNorm) -> None:
    twin = check_whole_way(nn.Sequential(norm, nn.Linear(FEATURES, 5)))
    assert _kinds(twin) == ["rms_norm", "linear"]


FUNCTIONS = (
    *(nn.Hardswish(), nn.Hardsigmoid(), nn.Hardtanh(-0.5, 0.3), nn.ReLU6(), nn.ELU(0.5), nn.CELU(0.7), nn.SELU()),
    *(nn.LeakyReLU(0.1), nn.Softplus(2.0), nn.Mish(), nn.LogSigmoid(), nn.PReLU(init=-0.3), nn.GELU("tanh")),
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_function_of_one_value_is_a_table(function: nn.Module) -> None:
    twin = check_whole_way(Bent(function))
    assert [kind for kind in _kinds(twin) if kind != "transpose"] == ["linear", "table", "linear"]


@pytest.mark.parametrize(
    "function", [nn.Hardswish(True), nn.ReLU6(True), nn.ELU(inplace=True), nn.Mish(True)], ids=lambda f: str(f)[:5]
)
def test_a_function_that_overwrites_is_the_same_table(function: nn.Module) -> None:
    model = nn.Sequential(nn.Linear(FEATURES, 6), function, nn.Linear(6, 5))
    assert _kinds(check_whole_way(model)) == ["linear", "table", "linear"]


BENT = ["linear", "interpolated_table", "conv1d", "add", "linear"]


@pytest.mark.parametrize("recipe", ["w8a8", "w4a8"])
def test_a_slope_for_each_channel_is_exact_at_every_width(recipe: str) -> None:
    """x + (slope - 1) min(x, 0): the slopes are the scales of a depthwise convolution, whose codes are the largest."""
    model = Bent(nn.PReLU(6)).eval()
    with torch.no_grad():
        model.function.weight.copy_(torch.tensor([0.3, -0.2, 1.0, 0.0, 2.5, 0.011]))
    check_whole_way(model)
    twin = swapped(model, recipe=recipe)
    (bent,) = (t for t in _operators(twin).values() if isinstance(t, Convolution1d))
    assert [kind for kind in _kinds(twin) if kind != "transpose"] == BENT
    slopes = torch.from_numpy(bent.law().weight[:, 0, 0] * bent.steps()[:, 0, 0]) + 1
    torch.testing.assert_close(slopes.float(), model.function.weight.detach(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_conformer(target: str):
    config = ConformerConfig(
        features=20, width=16, layers=1, heads=2, feed_forward=32, kernel=7, channels=8, classes=11, max_frames=400
    )
    twin = check_whole_way(random_conformer(0, config), target, features=20)
    kinds = _kinds(twin)
    assert kinds.count("relative_shift") == 1
    assert kinds.count("layer_norm") == 5
    assert "pad" not in kinds
    accumulators = [t for t in _operators(twin).values() if t.kind == "matmul" and t.output.bits == 24]
    assert len(accumulators) == 2
    narrow = [t for t in _operators(twin).values() if t.output.bits not in (8, 24)]
    assert bool(narrow) == (target == "int8x16")
    assert any(isinstance(t, Exponential) for t in _operators(twin).values()) == (target == "int8")
    assert any(isinstance(t, WeightedMean) for t in _operators(twin).values()) == (target == "int8")


@pytest.mark.parametrize("target", ["int8x16", "int8"])
@pytest.mark.parametrize(
    "variant",
    [{"activation": "hard-swish"}, {"activation": "relu"}, {"norm": "batch"}, {"attention": "gated"}, {"bound": 4.0}],
    ids=str,
)
def test_variants_of_the_conformer(variant: dict[str, Any], target: str):
    config = ConformerConfig(
        features=20, width=16, layers=1, heads=2, feed_forward=32, kernel=7, channels=8, classes=11, **variant
    )
    kinds = _kinds(check_whole_way(random_conformer(0, config), target, features=20))
    assert kinds.count("layer_norm") == (0 if variant == {"norm": "batch"} else 5)


def test_clipped_attention_needs_probabilities_of_16_bits():
    config = ConformerConfig(
        features=20, width=16, layers=1, heads=2, feed_forward=32, kernel=7, channels=8, classes=11, attention="clipped"
    )
    check_whole_way(random_conformer(0, config), "int8x16", features=20)
    with pytest.raises(SwapError, match="choose a target with 16-bit probabilities"):
        swapped(random_conformer(0, config), "int8", features=20)


def test_parakeet():
    transformers = pytest.importorskip("transformers")
    encoder = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "num_mel_bins": 80,
        "subsampling_conv_channels": 8,
    }
    torch.manual_seed(0)
    config = transformers.ParakeetCTCConfig(vocab_size=32, pad_token_id=0, encoder_config=encoder)
    twin = check_whole_way(transformers.ParakeetForCTC(config).eval(), features=80)
    assert _kinds(twin).count("relative_shift") == 1
