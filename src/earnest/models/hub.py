"""A recogniser of `transformers`, from a folder as `save_pretrained` writes it: module, tokens, front end.

The classes are those of `transformers`, unchanged: one with a CTC head, one with a decoder, or a transducer. Of the
tokenizer its pieces are read, of the feature extractor what it does to samples, of the configs how tokens are chosen.
The CTC blank, which these models have as their padding, becomes the last class, as everywhere here: rows of the head
move, and values stay. Weights are read from safetensors; from a pickle only if that is allowed, and then with torch's
`weights_only`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from torch import nn

from earnest.errors import CaptureError, CheckpointError
from earnest.models.generation import generation_from, transduction_from
from earnest.models.hub_files import CONFIG, PICKLE, WEIGHTS, read_json
from earnest.models.hub_front_end import front_end_from
from earnest.models.hub_tokens import ctc_tokens_from, vocabulary_from
from earnest.models.wrapped import Wrapped, WrappedDecoder, WrappedTransducer, features_last
from earnest.runtime.clamped_log_mel import ClampedLogMel
from earnest.runtime.decoding import Generation
from earnest.runtime.front_ends import FrontEnd
from earnest.runtime.text import Tokens
from earnest.runtime.transduction import Transduction
from earnest.runtime.vocabulary import Vocabulary

Part = Literal["a CTC head", "a decoder", "a transducer"]

MOST_TOKENS = 1024
"""Of a decoder whose own limit is greater, or that has none."""

MOST_TOKENS_OF_A_TRANSDUCER = 320
"""All logits of a minute, frames by tokens by classes, are below 2^31 of them, with 8193 classes at 80 ms a frame."""

TRANSDUCERS = {"parakeet_rnnt": "ParakeetForRNNT", "parakeet_tdt": "ParakeetForTDT"}
"""Classes of `transformers` by the type of their model."""

_HEADS = ("lm_head", "ctc_head")
_LIMITS = ("max_target_positions", "max_position_embeddings")


def is_hub_folder(folder: Path) -> bool:
    """Whether a folder holds a model of `transformers`."""
    return (folder / CONFIG).is_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModel:
    """The module in evaluation mode, tokens (of a CTC model with the blank last), the front end, the file of the
    weights, the class of the model with its settings, and of a decoder how its tokens are chosen.
    """

    module: nn.Module
    tokens: Tokens | Vocabulary
    front_end: FrontEnd
    source: Path
    architecture: str
    configuration: Mapping[str, object]
    generation: Generation | Transduction | None


def load_hub(folder: Path, *, allow_pickle: bool) -> HubModel:
    """The model of a folder.

    CheckpointError: a file that is missing or of another form, a model with neither a CTC head nor a decoder nor a
    transducer, a front end or tokens that earnest does not have, or that do not fit the model.
    """
    source = _weights(folder, allow_pickle)
    told = read_json(folder / CONFIG)
    front_end, part = front_end_from(folder, str(told.get("model_type"))), _part(told)
    model = _model(folder, part, TRANSDUCERS.get(str(told.get("model_type"))), safe=source.suffix == ".safetensors")
    arrange = features_last if isinstance(front_end, ClampedLogMel) else None
    if part == "a decoder":
        module = WrappedDecoder(model, model.main_input_name, arrange=arrange)
        tokens, generation = _decoder(model, folder)
    elif part == "a transducer":
        module = WrappedTransducer(model)
        tokens, generation = _transducer(model, folder)
    else:
        module = Wrapped(model, "logits", arrange=arrange)
        tokens, generation = _ctc(model, folder), None
    return HubModel(
        module=module.eval(),
        tokens=tokens,
        front_end=front_end,
        source=source,
        architecture=type(model).__name__,
        configuration=model.config.to_diff_dict(),
        generation=generation,
    )


def _ctc(model: Any, folder: Path) -> Tokens:
    """Tokens of a model whose head's rows are put in their order."""
    blank, classes = model.config.pad_token_id, _classes(model, folder)
    if type(blank) is not int or not 0 <= blank < classes:
        raise CheckpointError(f"{folder / CONFIG}: expected pad_token_id, the CTC blank, below {classes}, got {blank}")
    order = [*(index for index in range(classes) if index != blank), blank]
    heads = [head for name in _HEADS if isinstance(head := getattr(model, name, None), nn.Linear | nn.Conv1d)]
    if len(heads) != 1:
        raise CheckpointError(f"{folder}: expected a head {' or '.join(_HEADS)}, got {type(model).__name__} without")
    _reorder_(heads[0], order, folder)
    return ctc_tokens_from(folder, order)


def _part(told: Mapping[str, Any]) -> Part:
    """What makes tokens of what is heard, by the configuration."""
    if str(told.get("model_type")) in TRANSDUCERS:
        return "a transducer"
    return "a decoder" if told.get("is_encoder_decoder") is True else "a CTC head"


def _transducer(model: Any, folder: Path) -> tuple[Vocabulary, Transduction]:
    """Tokens of a transducer, and how they are chosen."""
    classes = _classes(model, folder)
    try:
        found = transduction_from(model.config, model.generation_config, most_tokens=MOST_TOKENS_OF_A_TRANSDUCER)
    except (CaptureError, TypeError) as error:
        raise CheckpointError(f"{folder}: {error}") from error
    return vocabulary_from(folder, classes), found


def _decoder(model: Any, folder: Path) -> tuple[Vocabulary, Generation]:
    """Tokens of a decoder, and how they are chosen."""
    limits = [value for name in _LIMITS if type(value := getattr(model.config, name, None)) is int]
    classes = _classes(model, folder)
    try:
        generation = generation_from(model.generation_config, classes=classes, most_tokens=min([*limits, MOST_TOKENS]))
    except (CaptureError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{folder}: {error}") from error
    return vocabulary_from(folder, classes), generation


def _classes(model: Any, folder: Path) -> int:
    classes = getattr(model.config, "vocab_size", None)
    if type(classes) is not int or classes < 2:
        raise CheckpointError(f"{folder / CONFIG}: expected vocab_size, an integer from 2, got {str(classes)[:20]}")
    return classes


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


def _model(folder: Path, part: Part, name: str | None, *, safe: bool) -> Any:
    """The model of a folder, of the class `name` or of the one that `transformers` finds."""
    try:
        import transformers
    except ImportError as error:
        raise CheckpointError(f"{folder}: needs the package transformers: pip install 'earnest[hub]'") from error
    name = name or ("AutoModelForSpeechSeq2Seq" if part == "a decoder" else "AutoModelForCTC")
    if (kind := getattr(transformers, name, None)) is None:
        raise CheckpointError(f"{folder}: needs a package transformers with {name}: pip install -U 'earnest[hub]'")
    try:
        return kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=safe, dtype=torch.float32, trust_remote_code=False
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{folder}: expected a model of transformers with {part}: {first}") from error


@torch.no_grad()
def _reorder_(head: nn.Linear | nn.Conv1d, order: list[int], folder: Path) -> None:
    """Rows of the head in another order."""
    if len(head.weight) != len(order):
        raise CheckpointError(f"{folder}: expected a head of {len(order)} classes, got {len(head.weight)}")
    head.weight.copy_(head.weight[order].clone())
    if head.bias is not None:
        head.bias.copy_(head.bias[order].clone())
