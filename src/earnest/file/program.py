"""A program as one safetensors file: packed integer tensors, and the operator list as JSON in the one metadata key.

    {"format": "earnest-program", "version": 4, "target", "inputs": [{...}], "output", "description": {...},
     "kinds": {kind: {"fields", "tensors", "constants"}},
     "steps": [[name, kind, inputs, fields, tensors, constants]], "sha256"}

docs/file-format.md says it in full. One program has one file, to the byte: keys are sorted, there is no float and no
time stamp, a tensor is called after the first step that reads it, and equal tensors are stored once. `sha256` is that
of the JSON without it, a zero byte, and the tensors' bytes in the order of their names: it finds damage only.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from earnest.errors import EarnestError, FileError
from earnest.file.canonical_json import decode, encode, is_object, shown
from earnest.file.container import LARGEST_FILE, head, read, write
from earnest.file.record import check_keys, check_list, check_name, from_record, to_record
from earnest.file.steps import Stores, read_steps, row_of_bytes, write_steps
from earnest.file.whole import write_whole
from earnest.integer.program.program import Input, Program
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import verify

FORMAT, VERSION = "earnest-program", 4
DIGEST = "sha256"

_KEYS = {"format", "version", "target", "inputs", "output", "description", "kinds", "steps", DIGEST}
_TARGET = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""No dot and no slash: a file must not make its reader open another file."""


def dumps(program: Program) -> bytes:
    """The bytes of a program's file; FileError where it holds what a file cannot say. The program is not verified."""
    manifest, stores = _manifest(program)
    tensors = {name: store() for name, store in stores.items()}
    return write(tensors, encode({**manifest, DIGEST: digest(manifest, tensors)}))


def loads(data: bytes) -> Program:
    """The program of untrusted bytes, its structure checked, not verified; FileError for all but what `dumps` makes."""
    text, tensors = read(data)
    manifest = decode(text, "operator list")
    _check_version(manifest)
    claimed = check_keys(manifest, _KEYS, "operator list").pop(DIGEST)
    if claimed != digest(manifest, tensors):
        raise FileError(
            "expected contents of the file's own sha256, got others: the file is damaged; copy or make it again"
        )
    program = _program(manifest, tensors)
    again, _ = _manifest(program)
    # What follows the head is the tensors, in the places that it tells, and `read` has found nothing else in the file.
    if encode({**again, DIGEST: claimed}) != text or not data.startswith(head(tensors, text)):
        raise FileError("expected the one form that a program has in a file: make it again with `earnest quantize`")
    return program


def save(program: Program, path: str | os.PathLike[str]) -> None:
    """Write a program's file, whole or not at all: what was at `path` stays until the new bytes are on the disk."""
    path, data = Path(path), dumps(program)
    try:
        write_whole(path, data)
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: expected a place where a file can be written: {error}") from error


def load(path: str | os.PathLike[str]) -> Program:
    """The program of an untrusted file, its structure checked, not verified; whoever runs it calls `open_program`."""
    path = Path(path)
    try:
        if not path.is_file():
            raise FileError(f"{path}: expected a program file, got {'a folder' if path.is_dir() else 'nothing there'}")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > LARGEST_FILE:
                raise FileError(f"{path}: expected at most {LARGEST_FILE} bytes, got {size}")
            data = stream.read(size)
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: expected a file that can be read: {error}") from error
    try:
        return loads(data)
    except FileError as error:
        raise FileError(f"{path}: {error}") from error


def open_program(path: str | os.PathLike[str], target: Target | None = None) -> Program:
    """The program of an untrusted file, verified for its target. A target that does not come with earnest is given."""
    program = load(path)
    try:
        verify(program, target if target is not None else load_target(program.target))
    except EarnestError as error:
        raise type(error)(f"{path}: {error}") from error
    return program


def digest(manifest: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of the JSON without the digest, a zero byte, and the tensors' bytes in the order of their names."""
    state = hashlib.sha256(encode(manifest).encode("utf-8") + b"\0")
    for name in sorted(tensors):
        state.update(row_of_bytes(tensors[name]))
    return state.hexdigest()


def _manifest(program: Program) -> tuple[dict[str, Any], Stores]:
    """The JSON of a program but for its digest, and what makes its tensors."""
    if program.kept:
        raise FileError(f"expected a program that keeps nothing, got {program.kept}: save the one that it was made of")
    names = [check_name(spec.name, "inputs") for spec in program.inputs]
    kinds, steps, stores = write_steps(program.steps, names)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "target": _check_target(program.target),
        "inputs": [to_record(spec, f"inputs[{index}]") for index, spec in enumerate(program.inputs)],
        "output": check_name(program.output, "output"),
        "description": program.description,
        "kinds": kinds,
        "steps": steps,
    }
    return manifest, stores


def _check_version(manifest: Any) -> None:
    version = manifest.get("version") if is_object(manifest) and manifest.get("format") == FORMAT else None
    if type(version) is not int:
        raise FileError(f"expected an operator list of format {FORMAT!r} and a version, got {shown(manifest)}")
    if version != VERSION:
        raise FileError(f"expected version {VERSION} of the format, got {version}: use the earnest that wrote the file")


def _check_target(name: Any) -> str:
    if type(name) is not str or not _TARGET.fullmatch(name):
        raise FileError(f"target: expected a name of letters, digits, - and _, got {shown(name)}")
    return name


def _program(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> Program:
    inputs = [
        Input(**from_record(Input, record, f"inputs[{index}]"))
        for index, record in enumerate(check_list(manifest["inputs"], "inputs"))
    ]
    steps = read_steps(manifest["kinds"], manifest["steps"], tensors, [spec.name for spec in inputs])
    description = manifest["description"]
    if not is_object(description):
        raise FileError(f"description: expected an object, got {shown(description)}")
    return Program(
        target=_check_target(manifest["target"]),
        inputs=tuple(inputs),
        steps=steps,
        output=check_name(manifest["output"], "output"),
        description=description,
    )
