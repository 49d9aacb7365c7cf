"""A model by its name on the Hugging Face hub: `hub:OWNER/NAME`, or `hub:OWNER/NAME@REVISION`.

Nothing is downloaded unless a user writes that. What is loaded is the folder of the library's cache, read as any other
folder; weights come as safetensors, and no other file that could hold them is fetched.
"""

import re
from pathlib import Path

from earnest.errors import CheckpointError
from earnest.models.hub.files import (
    CONFIG,
    EXTRACTOR,
    GENERATION,
    PROCESSOR,
    TOKENIZER,
    TOKENIZER_CONFIG,
    VOCABULARY,
    WEIGHTS,
)

PREFIX = "hub:"
FILES = (CONFIG, WEIGHTS, VOCABULARY, TOKENIZER, TOKENIZER_CONFIG, EXTRACTOR, PROCESSOR, GENERATION)
_NAME = re.compile(r"hub:(\w[\w.-]*/\w[\w.-]*)(?:@(\w[\w./-]*))?")


def local(path: Path) -> Path:
    """The folder of a model that is named on the hub, downloaded unless the cache has it; any other path as it is.

    CheckpointError: not a name, no such model, no network, or no package `huggingface_hub`.
    """
    if not str(path).startswith(PREFIX):
        return path
    found = _NAME.fullmatch(str(path))
    if found is None:
        raise CheckpointError(f"{path}: expected hub:OWNER/NAME, or hub:OWNER/NAME@REVISION")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise CheckpointError(f"{path}: expected the package huggingface_hub: pip install 'earnest[hub]'") from error
    try:
        return Path(snapshot_download(found[1], revision=found[2], allow_patterns=list(FILES)))
    except (OSError, ValueError) as error:
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: cannot be downloaded: {told}") from error
