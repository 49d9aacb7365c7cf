"""A `.nemo` built here loads like the safetensors checkpoint of the same weights; everything doubtful is refused."""

import io
import os
import tarfile
from collections import OrderedDict
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from earnest.errors import CheckpointError
from earnest.models.checkpoint import load, save
from earnest.models.conformer.config import ConformerConfig
from earnest.models.float_model import FloatModel
from earnest.models.hub.random_weights import random_model
from earnest.models.nemo import archive as nemo
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL

TINY = ConformerConfig(width=12, layers=2, heads=3, feed_forward=24, kernel=5, channels=4, classes=7)


@pytest.fixture
def tiny() -> FloatModel:
    return random_model(4, TINY)


def settings(model: FloatModel) -> dict[str, Any]:
    """The parts of a published model's YAML that are read, and some that are not."""
    return {
        "target": "nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE",
        "sample_rate": 16000,
        "train_ds": {"manifest_filepath": None, "batch_size": 8},
        "tokenizer": {"dir": None, "type": "bpe", "model_path": "nemo:0123_tokenizer.model"},
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            "sample_rate": 16000,
            "normalize": "per_feature",
            "window_size": 0.025,
            "window_stride": 0.01,
            "window": "hann",
            "features": 80,
            "n_fft": 512,
            "log": True,
            "frame_splicing": 1,
            "dither": 1e-05,
            "pad_to": 0,
            "pad_value": 0.0,
        },
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder",
            "feat_in": 80,
            "feat_out": -1,
            "n_layers": 2,
            "d_model": 12,
            "subsampling": "striding",
            "subsampling_factor": 4,
            "subsampling_conv_channels": 4,
            "ff_expansion_factor": 2,
            "self_attention_model": "rel_pos",
            "n_heads": 3,
            "att_context_size": [-1, -1],
            "xscaling": True,
            "untie_biases": True,
            "pos_emb_max_len": 5000,
            "conv_kernel_size": 5,
            "conv_norm_type": "batch_norm",
            "dropout": 0.1,
            "dropout_emb": 0.0,
            "dropout_att": 0.1,
        },
        "decoder": {
            "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
            "feat_in": None,
            "num_classes": 6,
            "vocabulary": list(model.tokens.pieces[:-1]),
        },
    }


def weights(model: FloatModel) -> OrderedDict[str, Any]:
    own = {"preprocessor.featurizer.window": torch.ones(400), "preprocessor.featurizer.fb": torch.ones(1, 80, 257)}
    return OrderedDict(own | model.module.state_dict())


def pickled(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def archive(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, f"{mode}:gz" if path.name.startswith("packed") else mode) as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def members(model: FloatModel, configuration: dict[str, Any] | None = None, state: object = None) -> dict[str, bytes]:
    text = yaml.safe_dump(settings(model) if configuration is None else configuration, allow_unicode=True)
    return {
        "./model_config.yaml": text.encode(),
        "./0123_tokenizer.model": b"\x00 not read",
        "./model_weights.ckpt": pickled(weights(model) if state is None else state),
    }


@pytest.mark.parametrize("name", ["plain.nemo", "packed.nemo"])
def test_a_nemo_equals_the_safetensors_of_its_weights(tmp_path: Path, tiny: FloatModel, name: str) -> None:
    model = load(archive(tmp_path / name, members(tiny)), allow_pickle=True)
    save(tiny, tmp_path / "folder")
    other = load(tmp_path / "folder")
    assert model.module.config == other.module.config == TINY
    assert model.tokens == other.tokens
    assert model.front_end == other.front_end == NEMO_LOG_MEL
    assert not model.module.training
    with torch.inference_mode():
        features = torch.randn(1, 50, 80)
        assert torch.equal(model.module(features), other.module(features))


def test_a_pickle_is_refused_unasked(tmp_path: Path, tiny: FloatModel) -> None:
    with pytest.raises(CheckpointError, match="--allow-pickle"):
        load(archive(tmp_path / "a.nemo", members(tiny)))


class Hostile:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, tiny: FloatModel, zipped: bool) -> None:
    mark = tmp_path / "mark"
    buffer = io.BytesIO()
    torch.save(weights(tiny) | {"evil": Hostile(mark)}, buffer, _use_new_zipfile_serialization=zipped)
    content = members(tiny) | {"./model_weights.ckpt": buffer.getvalue()}
    with pytest.raises(CheckpointError, match="expected tensors only, got a pickle that is refused"):
        load(archive(tmp_path / "a.nemo", content), allow_pickle=True)
    assert not mark.exists()
    torch.load(io.BytesIO(buffer.getvalue()), weights_only=False)
    assert mark.exists(), "the planted pickle is harmless: this test proves nothing"


NOT_SUPPORTED = [
    ("encoder.self_attention_model", "abs_pos"),
    ("encoder.self_attention_model", "rel_pos_local_attn"),
    ("encoder.conv_norm_type", "layer_norm"),
    ("encoder.untie_biases", False),
    ("encoder.subsampling", "dw_striding"),
    ("encoder.causal_downsampling", True),
    ("encoder.conv_context_size", "causal"),
    ("encoder.att_context_size", [128, 0]),
    ("encoder.att_context_style", "chunked_limited"),
    ("encoder.use_bias", False),
    ("encoder.xscaling", 1),
    ("encoder.feat_in", 64),
    ("encoder.feat_out", 640),
    ("encoder.reduction", "pooling"),
    ("encoder.global_tokens", 1),
    ("encoder.d_model", "${model.width}"),
    ("encoder._target_", "nemo.collections.asr.modules.SqueezeformerEncoder"),
    ("encoder.invented", 3),
    ("preprocessor.normalize", "all_features"),
    ("preprocessor.window", "hamming"),
    ("preprocessor.mel_norm", None),
    ("preprocessor.log_zero_guard_type", "clamp"),
    ("preprocessor.log_zero_guard_value", 1e-5),
    ("preprocessor.mag_power", 1.0),
    ("preprocessor.window_size", "wide"),
    ("preprocessor.window_stride", 1e300),
    ("preprocessor.exact_pad", True),
    ("preprocessor.invented", 3),
    ("decoder.add_blank", False),
    ("decoder.num_classes", 9),
    ("decoder.vocabulary", []),
    ("decoder.vocabulary", ["a", 1]),
    ("decoder._target_", "nemo.collections.asr.modules.RNNTDecoder"),
    ("tokenizer.type", "wpe"),
    ("target", "nemo.collections.asr.models.EncDecRNNTBPEModel"),
    ("encoder", None),
]


@pytest.mark.parametrize(("path", "value"), NOT_SUPPORTED)
def test_a_setting_that_is_not_supported_is_named(tmp_path: Path, tiny: FloatModel, path: str, value: object) -> None:
    configuration = deepcopy(settings(tiny))
    *sections, name = path.split(".")
    place = configuration
    for section in sections:
        place = place[section]
    place[name] = value
    with pytest.raises(CheckpointError, match=path):
        load(archive(tmp_path / "a.nemo", members(tiny, configuration)), allow_pickle=True)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("d_model", 24, "width: expected 24, got 12"),
        ("n_heads", 4, "heads: expected 4, got 3"),
        ("n_layers", 1 << 30, "layers: expected 1073741824, got 2"),
        ("subsampling_factor", 8, "subsampling: expected 8, got 4"),
        ("dropout", 2.0, "dropout"),
        ("conv_kernel_size", 4, "kernel"),
    ],
)
def test_settings_and_tensors_agree(tmp_path: Path, tiny: FloatModel, setting: str, value: float, message: str) -> None:
    configuration = settings(tiny)
    configuration["encoder"][setting] = value
    with pytest.raises(CheckpointError, match=message):
        load(archive(tmp_path / "a.nemo", members(tiny, configuration)), allow_pickle=True)


def test_the_front_end_is_taken_from_the_settings(tmp_path: Path, tiny: FloatModel) -> None:
    configuration = settings(tiny)
    configuration["preprocessor"] |= {"window_size": "2e-2", "preemph": None, "lowfreq": 20, "highfreq": 7600}
    del configuration["preprocessor"]["n_fft"]
    front_end = load(archive(tmp_path / "a.nemo", members(tiny, configuration)), allow_pickle=True).front_end
    assert (front_end.window, front_end.n_fft, front_end.hop, front_end.mels) == (320, 512, 160, 80)
    assert (front_end.pre_emphasis, front_end.low_hz, front_end.high_hz) == ("0", 20, 7600)


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("./model_config.yaml", b"a: [1", "model_config.yaml: expected YAML"),
        ("./model_config.yaml", b"\xff\xff\xff", "model_config.yaml: expected YAML"),
        ("./model_config.yaml", b"- 1", "expected a section"),
        ("./model_config.yaml", b"a: !!python/object/apply:os.system [ls]", "expected YAML"),
        ("./model_weights.ckpt", b"", "a pickle that is refused"),
        ("./model_weights.ckpt", b"PK\x03\x04 no zip", "a pickle that is refused"),
        ("./model_weights.ckpt", pickled([torch.ones(2)]), "expected tensors by name, got list"),
        ("./model_weights.ckpt", pickled({"a": 1}), "expected tensors by name, got 'a': int"),
        ("./model_weights.ckpt", pickled({"a": torch.ones(1).expand(1 << 40)}), "memory of its own"),
        ("./model_weights.ckpt", pickled({"a": torch.eye(2).to_sparse()}), "expected a dense tensor"),
    ],
)
def test_corrupt_members_are_refused(
    tmp_path: Path, tiny: FloatModel, member: str, content: bytes, message: str
) -> None:
    with pytest.raises(CheckpointError, match=message):
        load(archive(tmp_path / "a.nemo", members(tiny) | {member: content}), allow_pickle=True)


def test_yaml_aliases_do_not_unfold(tmp_path: Path, tiny: FloatModel) -> None:
    bomb = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    text = "\n".join([*bomb, "target: *a29"]).encode()
    with pytest.raises(CheckpointError, match="target: got"):
        load(archive(tmp_path / "a.nemo", members(tiny) | {"./model_config.yaml": text}), allow_pickle=True)


def test_tensors_are_checked_like_those_of_safetensors(tmp_path: Path, tiny: FloatModel) -> None:
    state = weights(tiny)
    state["joint.weight"] = torch.ones(2)
    with pytest.raises(CheckpointError, match=r"got also joint\.weight"):
        load(archive(tmp_path / "a.nemo", members(tiny, state=state)), allow_pickle=True)


def test_a_hostile_archive_is_refused(tmp_path: Path, tiny: FloatModel, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.nemo"
    path.write_bytes(b"no tar")
    with pytest.raises(CheckpointError, match="which is a tar"):
        load(path, allow_pickle=True)
    whole = members(tiny)
    del whole["./model_weights.ckpt"]
    with pytest.raises(CheckpointError, match=r"missing \['model_weights.ckpt'\]"):
        load(archive(path, whole), allow_pickle=True)
    archive(path, members(tiny))
    with tarfile.open(path, "a") as file:
        info = tarfile.TarInfo("./model_config.yaml")
        file.addfile(info, io.BytesIO(b""))
    with pytest.raises(CheckpointError, match="twice there"):
        load(path, allow_pickle=True)
    path.write_bytes(archive(tmp_path / "packed.nemo", members(tiny)).read_bytes()[:-200])
    with pytest.raises(CheckpointError, match="which is a tar"):
        load(path, allow_pickle=True)
    monkeypatch.setitem(nemo.LARGEST, "model_config.yaml", 100)
    with pytest.raises(CheckpointError, match=r"model_config\.yaml: expected one, up to 100 bytes"):
        load(archive(path, members(tiny)), allow_pickle=True)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_link_in_the_archive_is_refused(tmp_path: Path, tiny: FloatModel, kind: bytes) -> None:
    path = archive(tmp_path / "a.nemo", {name: text for name, text in members(tiny).items() if "weights" not in name})
    with tarfile.open(path, "a") as file:
        info = tarfile.TarInfo("./model_weights.ckpt")
        info.type, info.linkname = kind, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(CheckpointError, match="got a link or special member"):
        load(path, allow_pickle=True)
