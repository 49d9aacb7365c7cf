"""Float checkpoints of a Conformer-CTC: safetensors with its list of tokens, or NeMo's `.nemo` (models.nemo).

A safetensors checkpoint holds the tensors of NeMo's names. Its shapes give the configuration, except what no shape
shows, which is assumed: the front end is `NEMO_LOG_MEL`, and `xscaling`, `eps`, `dropout`, `max_frames` have the
defaults of `ConformerConfig`; a variant of the architecture stands in the file's metadata under `earnest-conformer`, as
JSON. Every tensor is checked before a weight is used.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from earnest.errors import CheckpointError
from earnest.models.conformer.config import VARIANT_KEYS, ConformerConfig
from earnest.models.conformer.conformer import Conformer
from earnest.models.float_model import FloatModel
from earnest.models.hub import download as hub_download
from earnest.models.hub import folder as hub
from earnest.models.nemo import archive as nemo
from earnest.models.recognition.ctc import FloatCTC
from earnest.runtime.decoding.ctc import CTC
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL, LogMel
from earnest.runtime.text import Tokens

WEIGHTS = "model.safetensors"
TOKENS = "tokens.txt"
VARIANT = "earnest-conformer"
COUNTER = "num_batches_tracked"  # of batch norm: counts training steps, no weight; published with or without


def load(path: str | os.PathLike[str], *, allow_pickle: bool = False) -> FloatModel:
    """Load a folder with `model.safetensors` and `tokens.txt`, that safetensors file itself, a `.nemo` archive, or a
    folder of `transformers` (models.hub), which `hub:OWNER/NAME` names on the Hugging Face hub (models.hub.download).

    A `.nemo` holds a pickle: it is read only with `allow_pickle`, and then with torch's `weights_only`. Weights of 16
    or 64 bits become float32. Raises CheckpointError for anything missing, unexpected, of a wrong shape or type, not
    finite, not supported or corrupt, naming the file and the tensor or setting.
    """
    source = hub_download.local(Path(path))
    if not source.exists():
        raise CheckpointError(f"{source}: expected a checkpoint, got no such file or folder")
    if source.is_dir() and hub.is_hub_folder(source):
        return hub.load_hub(source, allow_pickle=allow_pickle)
    if source.is_dir():
        return _load_safetensors(source / WEIGHTS)
    if source.suffix == ".safetensors":
        return _load_safetensors(source)
    if source.suffix == ".nemo":
        return _load_nemo(source, allow_pickle)
    raise CheckpointError(f"{source}: expected a folder with {WEIGHTS} and {TOKENS}, a .safetensors or a .nemo file")


def save(model: FloatModel, folder: str | os.PathLike[str]) -> None:
    """Write `model.safetensors` and `tokens.txt` into a folder, so that `load` gives an equal model back.

    Raises CheckpointError where `load` would assume something else than the model has.
    """
    target = Path(folder)
    state = _without_counters(model.module.state_dict())
    if model.front_end != NEMO_LOG_MEL:
        raise CheckpointError(f"{target}: a safetensors checkpoint stands for the front end {NEMO_LOG_MEL}")
    if not isinstance(model.module, Conformer):
        raise CheckpointError(f"{target}: expected a Conformer, got {model.architecture}: save it as what it is")
    config = model.module.config
    plain = ConformerConfig(features=NEMO_LOG_MEL.mels)
    variant = {name: getattr(config, name) for name in VARIANT_KEYS if getattr(config, name) != getattr(plain, name)}
    found = infer_config(state, replace(plain, **variant), str(target))
    _compare(found, config, f"{target}: from the shapes")
    target.mkdir(parents=True, exist_ok=True)
    metadata = {VARIANT: json.dumps(variant, sort_keys=True)} if variant else None
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, target / WEIGHTS, metadata)
    lines = [f"{piece} {index}\n" for index, piece in enumerate(model.tokens.pieces)]
    (target / TOKENS).write_text("".join(lines), encoding="utf-8")


def _load_safetensors(file: Path) -> FloatModel:
    tokens_file = file.with_name(TOKENS)
    for needed in (file, tokens_file):
        if not needed.is_file():
            raise CheckpointError(f"{needed}: expected the checkpoint's file, got none: put {needed.name} there")
    try:
        state = load_file(file)
        with safe_open(file, framework="pt") as opened:
            variant = (opened.metadata() or {}).get(VARIANT, "{}")
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file}: expected a safetensors file, got one that is corrupt: {error}") from error
    config = infer_config(state, _assumed(variant, file), str(file))
    module = build(state, config, str(file))
    return _finish(module, Tokens.read(tokens_file), NEMO_LOG_MEL, file)


def _assumed(variant: str, file: Path) -> ConformerConfig:
    """What no shape shows, with the variant that a file's metadata names."""
    try:
        named = json.loads(variant)
        if not isinstance(named, dict) or named.keys() - set(VARIANT_KEYS):
            raise ValueError(f"expected an object of {', '.join(VARIANT_KEYS)}")
        return ConformerConfig(features=NEMO_LOG_MEL.mels, **named)
    except (ValueError, TypeError, RecursionError, CheckpointError) as error:
        raise CheckpointError(f"{file}: its metadata {VARIANT}: {error}") from error


def _load_nemo(file: Path, allow_pickle: bool) -> FloatModel:
    if not allow_pickle:
        raise CheckpointError(
            f"{file}: a .nemo holds a Python pickle, which is not read unasked: pass --allow-pickle "
            "(allow_pickle=True), it is then read with weights_only; or convert it to safetensors"
        )
    archive = nemo.read(file)
    inferred = infer_config(archive.state, archive.config, str(file))
    _compare(archive.config, inferred, f"{file}: from {nemo.CONFIG}, against the tensors")
    return _finish(build(archive.state, archive.config, str(file)), archive.tokens, archive.front_end, file)


def _finish(module: Conformer, tokens: Tokens, front_end: LogMel, source: Path) -> FloatModel:
    if len(tokens.pieces) != module.config.classes:
        classes = module.config.classes
        raise CheckpointError(f"{source}: expected {classes} tokens, one per class, got {len(tokens.pieces)}")
    return conformer_model(module, tokens, front_end, source)


def conformer_model(module: Conformer, tokens: Tokens, front_end: LogMel, source: Path) -> FloatModel:
    """A Conformer as a float recogniser."""
    return FloatModel(
        module=module,
        tokens=tokens,
        front_end=front_end,
        source=source,
        architecture=type(module).__name__,
        configuration=asdict(module.config),
        longest=module.config.max_frames,
        recognition=FloatCTC(rules=CTC(blank=tokens.blank)),
    )


def infer_config(state: Mapping[str, Tensor], assumed: ConformerConfig, where: str) -> ConformerConfig:
    """The configuration that the shapes of a state show; `assumed` gives what they do not show.

    Raises CheckpointError if a tensor that shows a size is missing or has too few axes.
    """

    def size(name: str, axis: int) -> int:
        if name not in state or state[name].dim() <= axis:
            got = list(state[name].shape) if name in state else "none"
            raise CheckpointError(f"{where}: {name}: expected a tensor of {axis + 1} axes or more, got {got}")
        return state[name].shape[axis]

    layers = {found[1] for name in state if (found := re.match(r"encoder\.layers\.(\d+)\.", name))}
    strides = [name for name in state if re.fullmatch(r"encoder\.pre_encode\.conv\.\d+\.weight", name)]
    if len(strides) > 5:
        raise CheckpointError(f"{where}: expected at most 5 convolutions of subsampling, got {len(strides)}")
    try:
        return replace(
            assumed,
            width=size("encoder.pre_encode.out.weight", 0),
            layers=len(layers),
            heads=size("encoder.layers.0.self_attn.pos_bias_u", 0),
            feed_forward=size("encoder.layers.0.feed_forward1.linear1.weight", 0),
            kernel=size("encoder.layers.0.conv.depthwise_conv.weight", 2),
            channels=size("encoder.pre_encode.conv.0.weight", 0),
            subsampling=2 ** len(strides),
            classes=size("decoder.decoder_layers.0.bias", 0),
        )
    except CheckpointError as error:
        raise CheckpointError(f"{error} ({where} is no Conformer-CTC of this family)") from error


def build(state: Mapping[str, Tensor], config: ConformerConfig, where: str) -> Conformer:
    """A Conformer in evaluation mode with the weights of `state`, in float32.

    Raises CheckpointError, naming the tensors: missing, unexpected, of a wrong shape, not floating point, not finite,
    or a variance below zero. Shapes are compared before memory is taken for them.
    """
    weights = _without_counters(state)
    with torch.device("meta"):
        expected = _without_counters(Conformer(config).state_dict())
    if missing := sorted(expected.keys() - weights.keys()):
        raise CheckpointError(f"{where}: expected {len(expected)} tensors, missing {_some(missing)}")
    if unexpected := sorted(weights.keys() - expected.keys()):
        raise CheckpointError(f"{where}: expected the tensors of a Conformer-CTC only, got also {_some(unexpected)}")
    for name, like in expected.items():
        _check(f"{where}: {name}", weights[name], like)
    module = Conformer(config)
    module.load_state_dict({name: tensor.float() for name, tensor in weights.items()}, strict=False)
    return module.eval()


def _check(path: str, tensor: Tensor, like: Tensor) -> None:
    if tensor.shape != like.shape:
        raise CheckpointError(f"{path}: expected shape {list(like.shape)}, got {list(tensor.shape)}")
    if not tensor.is_floating_point():
        raise CheckpointError(f"{path}: expected floating point, got {tensor.dtype}")
    if not tensor.float().isfinite().all():
        raise CheckpointError(f"{path}: expected finite values in float32, got NaN or infinity")
    if path.endswith("running_var") and (tensor < 0).any():
        raise CheckpointError(f"{path}: expected variances from 0, got {tensor.min().item():g}")


def _compare(left: ConformerConfig, right: ConformerConfig, where: str) -> None:
    for field in fields(ConformerConfig):
        one, other = getattr(left, field.name), getattr(right, field.name)
        if one != other:
            raise CheckpointError(f"{where}: {field.name}: expected {one}, got {other}")


def _without_counters(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if not name.endswith(COUNTER)}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
