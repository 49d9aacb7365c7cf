"""The JSON files of a folder that `save_pretrained` of `transformers` has written, none of them trusted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from earnest.errors import CheckpointError

CONFIG, WEIGHTS, PICKLE = "config.json", "model.safetensors", "pytorch_model.bin"
VOCABULARY, TOKENIZER, TOKENIZER_CONFIG = "vocab.json", "tokenizer.json", "tokenizer_config.json"
EXTRACTOR, PROCESSOR = "preprocessor_config.json", "processor_config.json"
GENERATION = "generation_config.json"

LARGEST = 64 << 20
"""Bytes of a JSON file that is read."""


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object of a file; CheckpointError where it is none, or too large."""
    try:
        if file.stat().st_size > LARGEST:
            raise CheckpointError(f"{file}: expected at most {LARGEST} bytes, got {file.stat().st_size}")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{file}: expected a JSON object: {error}") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{file}: expected a JSON object, got {type(found).__name__}")
    return found


def extractor_settings(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    """The settings of the feature extractor, and the file that has them: its own, or that of a processor."""
    if not (folder / EXTRACTOR).is_file() and (folder / PROCESSOR).is_file():
        found = read_json(folder / PROCESSOR).get("feature_extractor")
        if not isinstance(found, dict):
            raise CheckpointError(f"{folder / PROCESSOR}: expected feature_extractor, an object, got {str(found)[:60]}")
        return folder / PROCESSOR, found
    return folder / EXTRACTOR, read_json(folder / EXTRACTOR)


def token_text(token: Any) -> str:
    """A token of a configuration: itself, or the content of a record."""
    return str(token.get("content")) if isinstance(token, Mapping) else str(token)
