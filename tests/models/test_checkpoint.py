"""Loading of safetensors checkpoints: equal to what was saved, or an error that names what is wrong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from safetensors.torch import save_file
from torch import Tensor

from earnest.errors import CheckpointError
from earnest.models.checkpoint import load, save
from earnest.models.conformer.config import ConformerConfig
from earnest.models.float_model import FloatModel
from earnest.models.hub.random_weights import random_model

TINY = ConformerConfig(width=12, layers=2, heads=3, feed_forward=20, kernel=5, channels=4, classes=7)


@pytest.fixture
def tiny() -> FloatModel:
    return random_model(4, TINY)


@pytest.fixture
def folder(tmp_path: Path, tiny: FloatModel) -> Path:
    save(tiny, tmp_path / "model")
    return tmp_path / "model"


def states_are_equal(left: FloatModel, right: FloatModel) -> bool:
    one, other = left.module.state_dict(), right.module.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("name", ["", "model.safetensors"])
def test_load_gives_back_what_was_saved(tiny: FloatModel, folder: Path, name: str) -> None:
    model = load(folder / name)
    assert states_are_equal(model, tiny)
    assert model.module.config == TINY
    assert not model.module.training
    assert model.tokens == tiny.tokens
    assert model.front_end == tiny.front_end
    with torch.inference_mode():
        features = torch.randn(1, 33, 80)
        assert torch.equal(model.module(features), tiny.module(features))


@pytest.mark.parametrize("subsampling", [2, 8])
def test_other_subsampling_is_seen_in_the_shapes(tmp_path: Path, subsampling: int) -> None:
    save(random_model(1, replace(TINY, subsampling=subsampling)), tmp_path)
    assert load(tmp_path).module.config.subsampling == subsampling


@pytest.mark.parametrize(
    "variant",
    [{"activation": "relu"}, {"norm": "batch", "bound": 6.5}, {"attention": "gated"}, {"attention": "clipped"}],
)
def test_a_variant_is_kept_in_the_metadata(tmp_path: Path, variant: dict[str, Any]) -> None:
    model = random_model(1, replace(TINY, **variant))
    save(model, tmp_path)
    loaded = load(tmp_path)
    assert loaded.module.config == model.module.config
    assert states_are_equal(loaded, model)
    assert loaded.configuration.items() >= variant.items()
    features = torch.randn(1, 33, 80)
    with torch.inference_mode():
        assert torch.equal(loaded.module(features), model.module(features))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{", "Expecting property name"),
        ("[]", "expected an object of activation, norm"),
        ('{"width": 8}', "expected an object of activation, norm"),
        ('{"activation": "gelu"}', "activation: expected one of"),
        ('{"activation": ["relu"]}', "activation: expected one of"),
        ('{"bound": "4"}', "bound"),
        ('{"bound": NaN}', "bound: expected a number above 0"),
        ('{"bound": true}', "bound: expected a number above 0"),
        ('{"bound": 1e39}', "bound: expected a number above 0"),
        ('{"bound": 1' + "0" * 400 + "}", "bound: expected a number above 0"),
        ("[" * 100_000, "recursion"),
        ('{"norm": "' + "x" * 100_000 + '"}', "norm: expected one of"),
    ],
)
def test_a_variant_that_no_conformer_has_is_refused(folder: Path, metadata: str, message: str) -> None:
    file = folder / "model.safetensors"
    save_file(safetensors.torch.load_file(file), file, {"earnest-conformer": metadata})
    with pytest.raises(CheckpointError, match=message) as error:
        load(folder)
    assert "model.safetensors: its metadata earnest-conformer: " in str(error.value)
    assert len(str(error.value)) < 500


def test_save_refuses_what_load_would_not_know(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="xscaling: expected True, got False"):
        save(random_model(1, replace(TINY, xscaling=False)), tmp_path)
    tiny = random_model(1, TINY)
    with pytest.raises(CheckpointError, match="front end"):
        save(replace(tiny, front_end=replace(tiny.front_end, hop=200)), tmp_path)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_point_becomes_float32(tiny: FloatModel, folder: Path, dtype: torch.dtype) -> None:
    rewrite(folder, lambda state: {name: tensor.to(dtype) for name, tensor in state.items()})
    for name, tensor in load(folder).module.state_dict().items():
        if tensor.is_floating_point():
            assert tensor.dtype == torch.float32
            assert torch.equal(tensor, tiny.module.state_dict()[name].to(dtype).float())


def test_a_counter_of_batches_is_no_weight(tiny: FloatModel, folder: Path) -> None:
    counter = {"encoder.layers.0.conv.batch_norm.num_batches_tracked": torch.tensor(7)}
    rewrite(folder, lambda state: state | counter)
    assert states_are_equal(load(folder), tiny)


LINEAR = "encoder.layers.1.self_attn.linear_q.weight"
VARIANCE = "encoder.layers.1.conv.batch_norm.running_var"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: without(state, LINEAR), f"missing {LINEAR}"),
        (lambda state: without(state, "encoder.pre_encode.out.weight"), "encoder.pre_encode.out.weight: expected"),
        (lambda state: without(state, "encoder.layers.0."), "expected a tensor of 1 axes or more, got none"),
        (lambda state: without(state, "encoder.layers.1.feed_forward"), "missing .* and 5 more"),
        (lambda state: state | {"encoder.more": torch.ones(1)}, "got also encoder.more"),
        (lambda state: state | {"encoder.layers.99999.more": torch.ones(1)}, "missing encoder.layers.2"),
        (lambda state: state | {LINEAR: torch.ones(12, 13)}, rf"{LINEAR}: expected shape \[12, 12\], got \[12, 13\]"),
        (lambda state: state | {LINEAR: torch.ones(12, 12).int()}, "expected floating point, got torch.int32"),
        (lambda state: state | {LINEAR: torch.full((12, 12), torch.nan)}, f"{LINEAR}: expected finite"),
        (
            lambda state: state | {LINEAR: torch.full((12, 12), 1e300, dtype=torch.float64)},
            f"{LINEAR}: expected finite",
        ),
        (lambda state: state | {VARIANCE: torch.full((12,), -0.5)}, f"{VARIANCE}: expected variances from 0, got -0.5"),
        (lambda state: {}, "encoder.pre_encode.out.weight"),
    ],
)
def test_wrong_tensors_are_named(
    folder: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]], message: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(CheckpointError, match=message):
        load(folder)


def test_missing_and_corrupt_files_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere: expected a checkpoint, got no such file"):
        load(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match=r"model\.safetensors: expected the checkpoint's file, got none"):
        load(tmp_path)
    other = tmp_path / "model.pt"
    other.write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"model\.pt: expected a folder"):
        load(other)
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    for corrupt in (b"", b"\xff" * 100, whole[:-1], whole[:100]):
        weights.write_bytes(corrupt)
        with pytest.raises(CheckpointError, match="corrupt"):
            load(folder)
    (folder / "tokens.txt").unlink()
    with pytest.raises(CheckpointError, match=r"tokens\.txt: expected the checkpoint's file"):
        load(folder)


def test_there_is_one_token_per_class(folder: Path) -> None:
    (folder / "tokens.txt").write_text("a 0\nb 1\n", encoding="utf-8")
    with pytest.raises(CheckpointError, match="expected 7 tokens, one per class, got 2"):
        load(folder)


def without(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if not name.startswith(prefix)}


def rewrite(folder: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    weights = folder / "model.safetensors"
    save_file(change(safetensors.torch.load(weights.read_bytes())), weights)
