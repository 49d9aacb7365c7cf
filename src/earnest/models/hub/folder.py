"""A recogniser of `transformers`, from a folder as `save_pretrained` writes it: module, tokens, front end.

The classes are those of `transformers`, unchanged: one with a CTC head, one with a decoder, or a transducer. Of the
tokenizer its pieces are read, of the feature extractor what it does to samples, of the configs how tokens are chosen.
The CTC blank, which these models have as their padding, becomes the last class, as everywhere here: rows of the head
move, and values stay. Weights are read from safetensors; from a pickle only if that is allowed, and then with torch's
`weights_only`.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from earnest.errors import CheckpointError
from earnest.models.float_model import LONGEST_INPUT, FloatModel
from earnest.models.hub.files import CONFIG, PICKLE, WEIGHTS, read_json
from earnest.models.hub.front_end import front_end_from
from earnest.models.hub.parts import Part, part_of


def is_hub_folder(folder: Path) -> bool:
    """Whether a folder holds a model of `transformers`."""
    return (folder / CONFIG).is_file()


def load_hub(folder: Path, *, allow_pickle: bool) -> FloatModel:
    """The model of a folder, tokens of a CTC model with the blank last; its source is the file of the weights.

    CheckpointError: a file that is missing or of another form, a model with neither a CTC head nor a decoder nor a
    transducer, a front end or tokens that earnest does not have, or that do not fit the model.
    """
    source = _weights(folder, allow_pickle)
    told = read_json(folder / CONFIG)
    (front_end, arrange), part = front_end_from(folder, str(told.get("model_type"))), part_of(told)
    model = _model(folder, part, str(told.get("model_type")), safe=source.suffix == ".safetensors")
    tokens, recognition = part.read(model, folder)
    return FloatModel(
        module=part.wrap(model, arrange).eval(),
        tokens=tokens,
        front_end=front_end,
        source=source,
        architecture=type(model).__name__,
        configuration=model.config.to_diff_dict(),
        longest=front_end.only_frames or LONGEST_INPUT,
        recognition=recognition,
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


def _model(folder: Path, part: Part, model_type: str, *, safe: bool) -> Any:
    """The model of a folder, of the class that `transformers` has for its part."""
    try:
        import transformers
    except ImportError as error:
        raise CheckpointError(f"{folder}: needs the package transformers: pip install 'earnest[hub]'") from error
    name = part.kind(model_type)
    if (kind := getattr(transformers, name, None)) is None:
        raise CheckpointError(f"{folder}: needs a package transformers with {name}: pip install -U 'earnest[hub]'")
    try:
        return kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=safe, dtype=torch.float32, trust_remote_code=False
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{folder}: expected a model of transformers with {part.name}: {first}") from error
