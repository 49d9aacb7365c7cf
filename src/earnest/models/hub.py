"""A CTC recogniser of `transformers`, from a folder as `save_pretrained` writes it: module, tokens, front end.

The classes are those of `transformers`, unchanged; of the tokenizer its list of tokens is read, of the feature
extractor what it does to samples. The blank, which these models have as their padding, becomes the last class, as
everywhere here: rows of the head move, and values stay. Weights are read from safetensors; from a pickle only if that
is allowed, and then with torch's `weights_only`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from earnest.errors import CheckpointError, FileError
from earnest.models.wrapped import Wrapped
from earnest.runtime.text import UNKNOWN, WORD_START, Tokens
from earnest.runtime.waveform import Waveform

CONFIG, WEIGHTS, PICKLE = "config.json", "model.safetensors", "pytorch_model.bin"
VOCABULARY, TOKENIZER, EXTRACTOR = "vocab.json", "tokenizer_config.json", "preprocessor_config.json"

VARIANCE_GUARD = "0.0000001"
"""That of the feature extractors of `transformers` that normalise samples."""


def is_hub_folder(folder: Path) -> bool:
    """Whether a folder holds a model of `transformers`."""
    return (folder / CONFIG).is_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModel:
    """The module in evaluation mode, tokens with the blank last, the front end, the file of the weights, and the class
    of the model with its settings.
    """

    module: nn.Module
    tokens: Tokens
    front_end: Waveform
    source: Path
    architecture: str
    configuration: Mapping[str, object]


def load_hub(folder: Path, *, allow_pickle: bool) -> HubModel:
    """The model of a folder.

    CheckpointError: a file that is missing or of another form, a model without a CTC head, or one whose inputs are not
    samples.
    """
    source = _weights(folder, allow_pickle)
    model = _model(folder, safe=source.suffix == ".safetensors")
    blank, classes = model.config.pad_token_id, model.config.vocab_size
    if type(blank) is not int or not 0 <= blank < classes:
        raise CheckpointError(f"{folder / CONFIG}: expected pad_token_id, the CTC blank, below {classes}, got {blank}")
    order = [*(index for index in range(classes) if index != blank), blank]
    _reorder_(model.lm_head, order, folder)
    return HubModel(
        module=Wrapped(model, "logits").eval(),
        tokens=_tokens(folder, order),
        front_end=_front_end(folder),
        source=source,
        architecture=type(model).__name__,
        configuration=model.config.to_diff_dict(),
    )


def _weights(folder: Path, allow_pickle: bool) -> Path:
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS
    if not (folder / PICKLE).is_file():
        raise CheckpointError(f"{folder}: expected {WEIGHTS}, got no such file: a model in several files is not read")
    if not allow_pickle:
        raise CheckpointError(
            f"{folder / PICKLE}: a Python pickle, which is not read unasked: pass --allow-pickle (allow_pickle=True), "
            "it is then read with weights_only; or save the model as safetensors"
        )
    return folder / PICKLE


def _model(folder: Path, *, safe: bool) -> Any:
    try:
        from transformers import AutoModelForCTC
    except ImportError as error:
        raise CheckpointError(f"{folder}: needs the package transformers: pip install 'earnest[hub]'") from error
    try:
        model = AutoModelForCTC.from_pretrained(
            folder, local_files_only=True, use_safetensors=safe, dtype=torch.float32, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{folder}: expected a model of transformers with a CTC head: {first}") from error
    if not isinstance(getattr(model, "lm_head", None), nn.Linear):
        raise CheckpointError(f"{folder}: expected a linear head lm_head, got {type(model).__name__} without one")
    return model


@torch.no_grad()
def _reorder_(head: nn.Linear, order: list[int], folder: Path) -> None:
    """Rows of the head in another order."""
    if head.out_features != len(order):
        raise CheckpointError(f"{folder}: expected a head of {len(order)} classes, got {head.out_features}")
    head.weight.copy_(head.weight[order].clone())
    if head.bias is not None:
        head.bias.copy_(head.bias[order].clone())


def _tokens(folder: Path, order: list[int]) -> Tokens:
    """The tokens in the order of the classes; the one that stands between words is a word's mark."""
    vocabulary, settings = _json(folder / VOCABULARY), _json(folder / TOKENIZER)
    by_index = {index: token for token, index in vocabulary.items() if type(index) is int}
    missing = [index for index in order if index not in by_index]
    if missing:
        raise CheckpointError(
            f"{folder / VOCABULARY}: expected a token for each of {len(order)} classes, none for {missing}"
        )
    marks = {
        _text(settings.get("word_delimiter_token", "|")): WORD_START,
        _text(settings.get("unk_token", "<unk>")): UNKNOWN,
    }
    try:
        return Tokens(pieces=tuple(marks.get(by_index[index], by_index[index]) for index in order))
    except FileError as error:
        raise CheckpointError(f"{folder / VOCABULARY}: {error}") from error


def _text(token: Any) -> str:
    """A token of a configuration: itself, or the content of a record."""
    return str(token.get("content")) if isinstance(token, Mapping) else str(token)


def _front_end(folder: Path) -> Waveform:
    settings = _json(folder / EXTRACTOR)
    if settings.get("feature_size", 1) != 1:
        raise CheckpointError(
            f"{folder / EXTRACTOR}: expected a model of samples, feature_size 1, got {settings.get('feature_size')}: "
            "its front end is not one that earnest has"
        )
    try:
        return Waveform(
            sample_rate=settings.get("sampling_rate", 16_000),
            normalised=settings.get("do_normalize", True),
            variance_guard=VARIANCE_GUARD,
        )
    except FileError as error:
        raise CheckpointError(f"{folder / EXTRACTOR}: {error}") from error


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: expected a JSON object: {error}") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{file}: expected a JSON object, got {type(found).__name__}")
    return found
