"""The Conformer, its variants, and `transformers`' Parakeet go the whole way to a verified program of equal codes."""

from typing import Any

import pytest
import torch
from tests.swapping.modules import (
    check_whole_way,
    swapped,
)
from tests.swapping.operators import kinds_of, operators_of

from earnest.errors import SwapError
from earnest.models.conformer.config import ConformerConfig
from earnest.models.hub.random_weights import random_conformer
from earnest.nn.twins.softmax import Exponential
from earnest.nn.twins.weighted_mean import WeightedMean


@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_conformer(target: str):
    config = ConformerConfig(
        features=20, width=16, layers=1, heads=2, feed_forward=32, kernel=7, channels=8, classes=11, max_frames=400
    )
    twin = check_whole_way(random_conformer(0, config), target, features=20)
    kinds = kinds_of(twin)
    assert kinds.count("relative_shift") == 1
    assert kinds.count("layer_norm") == 5
    assert "pad" not in kinds
    accumulators = [t for t in operators_of(twin).values() if t.kind == "matmul" and t.output.bits == 24]
    assert len(accumulators) == 2
    narrow = [t for t in operators_of(twin).values() if t.output.bits not in (8, 24)]
    assert bool(narrow) == (target == "int8x16")
    assert any(isinstance(t, Exponential) for t in operators_of(twin).values()) == (target == "int8")
    assert any(isinstance(t, WeightedMean) for t in operators_of(twin).values()) == (target == "int8")


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
    kinds = kinds_of(check_whole_way(random_conformer(0, config), target, features=20))
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
    assert kinds_of(twin).count("relative_shift") == 1
