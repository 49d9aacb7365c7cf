"""NVIDIA NeMo's `.nemo` archive of a Conformer-CTC: a tar of a YAML configuration and a pickle of tensors.

The archive is not trusted: nothing is unpacked to disk, links are refused, sizes are bounded, the YAML is read with
`safe_load` (models.nemo.settings says what may stand in it) and the pickle with `weights_only`.
"""

import io
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
import yaml
from torch import Tensor

from earnest.errors import CheckpointError, EarnestError
from earnest.models.conformer.config import ConformerConfig
from earnest.models.nemo.settings import Section, read_config, read_front_end, read_tokens
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.runtime.text import Tokens

CONFIG = "model_config.yaml"
WEIGHTS = "model_weights.ckpt"
LARGEST = {CONFIG: 16 << 20, WEIGHTS: 4 << 30}  # bytes
MOST_MEMBERS = 1000
FEATURIZER = ("preprocessor.featurizer.window", "preprocessor.featurizer.fb")  # the front end computes its own


@dataclass(frozen=True, slots=True, kw_only=True)
class NemoArchive:
    """What a `.nemo` says: its configuration, tensors without those of the front end, tokens, front end."""

    config: ConformerConfig
    state: dict[str, Tensor]
    tokens: Tokens
    front_end: LogMel


def read(path: Path) -> NemoArchive:
    """Read a `.nemo`; the caller has the user's leave to open a pickle.

    Raises CheckpointError: no tar, a member missing, too large, twice there or a link; a setting that is not supported;
    a pickle that is corrupt or holds anything but tensors.
    """
    members = read_members(path)
    try:
        settings = yaml.safe_load(members[CONFIG])
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: {CONFIG}: expected YAML, got {error}") from error
    reader = Section(f"{path}: {CONFIG}", "", settings)
    reader.require_class("target", "EncDecCTCModelBPE")
    reader.section("tokenizer").require("type", "bpe")
    try:
        front_end = read_front_end(reader.section("preprocessor"))
        tokens = read_tokens(reader.section("decoder"))
        config = read_config(reader.section("encoder"), classes=len(tokens.pieces), features=front_end.mels)
    except CheckpointError:
        raise
    except EarnestError as error:
        raise CheckpointError(f"{path}: {CONFIG}: {error}") from error
    return NemoArchive(config=config, state=read_state(path, members[WEIGHTS]), tokens=tokens, front_end=front_end)


def read_members(path: Path) -> dict[str, bytes]:
    """The bytes of the configuration and of the weights, read in memory, within the sizes of `LARGEST`."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, mode="r:*") as archive:
            for count, member in enumerate(archive):
                name = member.name.removeprefix("./")
                if count >= MOST_MEMBERS:
                    raise CheckpointError(f"{path}: expected at most {MOST_MEMBERS} members, got more")
                if member.isdir() and name not in LARGEST:
                    continue
                if not member.isfile() or member.issparse():
                    raise CheckpointError(f"{path}: {name[:80]!r}: expected plain files, got a link or special member")
                if name not in LARGEST:
                    continue
                if name in found or member.size > LARGEST[name]:
                    problem = "twice there" if name in found else f"of {member.size} bytes"
                    raise CheckpointError(
                        f"{path}: {name}: expected one, up to {LARGEST[name]} bytes, got it {problem}"
                    )
                stream = archive.extractfile(member)
                found[name] = stream.read() if stream else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise CheckpointError(f"{path}: expected a .nemo, which is a tar, got {error}") from error
    if missing := [name for name in LARGEST if name not in found]:
        raise CheckpointError(f"{path}: expected {' and '.join(LARGEST)} in the archive, missing {missing}")
    return found


def read_state(path: Path, pickled: bytes) -> dict[str, Tensor]:
    """The tensors of a pickle read with `weights_only`, without those of the front end.

    Raises CheckpointError for a pickle that is corrupt, that would run code, or that holds anything but plain tensors
    with memory of their own (a view can claim more elements than the file has).
    """
    where = f"{path}: {WEIGHTS}"
    try:
        state = torch.load(io.BytesIO(pickled), map_location="cpu", weights_only=True)
    except Exception as error:  # a hostile pickle chooses the exception
        reason = str(error).partition("\n")[0][:200]
        raise CheckpointError(f"{where}: expected tensors only, got a pickle that is refused: {reason}") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{where}: expected tensors by name, got {type(state).__name__}")
    total = 0
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise CheckpointError(f"{where}: expected tensors by name, got {name!r}: {type(tensor).__name__}")
        if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
            raise CheckpointError(f"{where}: {name}: expected a dense tensor, got {tensor.layout} on {tensor.device}")
        size = tensor.numel() * tensor.element_size()
        total += size
        if size > tensor.untyped_storage().nbytes() or total > LARGEST[WEIGHTS]:
            raise CheckpointError(
                f"{where}: {name}: expected a tensor with memory of its own, got {list(tensor.shape)}"
            )
    return {name: tensor.detach() for name, tensor in state.items() if name not in FEATURIZER}
