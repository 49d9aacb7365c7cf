"""A program as one safetensors file: packed integer tensors, and the operator list as JSON in the one metadata key.

    {"format": "earnest-program", "version": 1, "target", "input": {...}, "output", "description": {...},
     "steps": [{"name", "kind", "inputs", "fields"}], "tensors": {name: {"bits", "coding", "shape"}}, "sha256"}

One program has one file, to the byte: keys are sorted, there is no float and no time stamp, a tensor is called after
the first field that reads it (`<step>.<field>`), and equal arrays of equal coding are stored once. `sha256` is that of
the JSON without it, a zero byte, and the tensors' bytes in the order of their names: it finds damage only.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from earnest.errors import EarnestError, FileError
from earnest.file.canonical_json import decode, encode, shown
from earnest.file.coding import Coding, coding_of
from earnest.file.container import LARGEST_FILE, read, write
from earnest.file.record import check_integer, check_keys, check_list, check_name, from_record, to_record
from earnest.integer.operator import Operator
from earnest.integer.operators import OPERATORS
from earnest.integer.program import Input, Program, Step
from earnest.integer.target import Target, load_target
from earnest.integer.verifier import verify

FORMAT, VERSION = "earnest-program", 1
DIGEST = "sha256"

_KEYS = {"format", "version", "target", "input", "output", "description", "steps", "tensors", DIGEST}
_STEP_KEYS = {"name", "kind", "inputs", "fields"}
_TENSOR_KEYS = {"bits", "coding", "shape"}
_TARGET = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""No dot and no slash: a file must not make its reader open another file."""

Arrays = dict[str, tuple[Coding, np.ndarray]]
"""Coding and canonical codes of each tensor."""


def dumps(program: Program) -> bytes:
    """The bytes of a program's file; FileError where it holds what a file cannot say. The program is not verified."""
    manifest, arrays = _manifest(program)
    tensors = {name: coding.store(codes) for name, (coding, codes) in arrays.items()}
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
    if encode({**again, DIGEST: claimed}) != text or write(tensors, text) != data:
        raise FileError("expected the one form that a program has in a file: make it again with `earnest quantize`")
    return program


def save(program: Program, path: str | os.PathLike[str]) -> None:
    """Write a program's file, whole or not at all: what was at `path` stays until the new bytes are on the disk."""
    path, data = Path(path), dumps(program)
    part = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: expected a place where a file can be written: {error}") from error
    finally:
        with suppress(OSError, ValueError):
            part.unlink()


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
    state = hashlib.sha256(encode(manifest).encode("ascii") + b"\0")
    for name in sorted(tensors):
        state.update(_bytes(tensors[name]))
    return state.hexdigest()


def _bytes(array: np.ndarray) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _manifest(program: Program) -> tuple[dict[str, Any], Arrays]:
    """The JSON of a program but for its digest, and the arrays that it names."""
    arrays: Arrays = {}
    stored: dict[tuple[Coding, tuple[int, ...], bytes], str] = {}
    steps, names = [], set()
    for step in program.steps:
        if check_name(step.name, "a step") in names:
            raise FileError(f"{step.name}: expected every step's name once; verify the program before it is saved")
        names.add(step.name)
        inputs = [check_name(name, f"{step.name}: inputs") for name in step.inputs]
        steps.append({"name": step.name, "kind": step.operator.kind, "inputs": inputs})
        steps[-1]["fields"] = _fields(step, arrays, stored)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "target": _check_target(program.target),
        "input": to_record(program.input, {}, "input"),
        "output": check_name(program.output, "output"),
        "description": program.description,
        "steps": steps,
        "tensors": {
            name: {"bits": coding.bits, "coding": coding.kind, "shape": list(codes.shape)}
            for name, (coding, codes) in arrays.items()
        },
    }
    return manifest, arrays


def _fields(step: Step, arrays: Arrays, stored: dict[tuple[Coding, tuple[int, ...], bytes], str]) -> dict[str, Any]:
    """The fields of a step's operator; its arrays enter `arrays`, unless equal ones are there."""
    operator = step.operator
    if OPERATORS.get(operator.kind) is not type(operator):
        raise FileError(f"{step.name}: expected an operator of {sorted(OPERATORS)}, got {type(operator).__name__}")
    tensors = {}
    for field, array in operator.constants().items():
        name = f"{step.name}.{field}"
        try:
            coding = coding_of(operator, field)
            codes = coding.canonical(array)
        except FileError as error:
            raise FileError(f"{name}: {error}") from error
        key = (coding, codes.shape, hashlib.sha256(_bytes(codes)).digest())
        tensors[field] = stored.setdefault(key, name)
        if tensors[field] == name:
            arrays[name] = (coding, codes)
    return to_record(operator, tensors, step.name)


def _check_version(manifest: Any) -> None:
    version = manifest.get("version") if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None
    if type(version) is not int:
        raise FileError(f"expected an operator list of format {FORMAT!r} and a version, got {shown(manifest)}")
    if version != VERSION:
        raise FileError(f"expected version {VERSION} of the format, got {version}: use the earnest that wrote the file")


def _check_target(name: Any) -> str:
    if type(name) is not str or not _TARGET.fullmatch(name):
        raise FileError(f"target: expected a name of letters, digits, - and _, got {shown(name)}")
    return name


def _program(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> Program:
    arrays = _arrays(manifest["tensors"], tensors)
    codes = {name: array for name, (_, array) in arrays.items()}
    codings = {name: coding for name, (coding, _) in arrays.items()}
    used: set[str] = set()
    steps = tuple(
        _step(record, f"steps[{index}]", codes, codings, used)
        for index, record in enumerate(check_list(manifest["steps"], "steps"))
    )
    if used != set(arrays):
        raise FileError(
            f"expected every tensor to be read, got {shown(sorted(set(arrays) - used))} that no operator reads"
        )
    if not isinstance(manifest["description"], dict):
        raise FileError(f"description: expected an object, got {shown(manifest['description'])}")
    return Program(
        target=_check_target(manifest["target"]),
        input=from_record(Input, manifest["input"], {}, "input"),
        steps=steps,
        output=check_name(manifest["output"], "output"),
        description=manifest["description"],
    )


def _arrays(table: Any, tensors: dict[str, np.ndarray]) -> Arrays:
    """Every tensor of the file restored by what the table says of it."""
    check_keys(table, set(tensors), "tensors")
    arrays: Arrays = {}
    for name, entry in table.items():
        path = f"tensor {shown(check_name(name, 'tensors'))}"
        check_keys(entry, _TENSOR_KEYS, path)
        try:
            coding = Coding(bits=entry["bits"], kind=entry["coding"])
            shape = tuple(check_integer(extent, "shape") for extent in check_list(entry["shape"], "shape"))
            arrays[name] = (coding, coding.restore(tensors[name], shape))
        except FileError as error:
            raise FileError(f"{path}: {error}") from error
    return arrays


def _step(
    record: Any, path: str, codes: Mapping[str, np.ndarray], codings: Mapping[str, Coding], used: set[str]
) -> Step:
    """A step of untrusted JSON; the tensors that it reads enter `used`."""
    check_keys(record, _STEP_KEYS, path)
    name, kind = check_name(record["name"], f"{path}.name"), record["kind"]
    path = f"{path} {shown(name)}"
    if type(kind) is not str or kind not in OPERATORS:
        raise FileError(f"{path}: expected an operator of {sorted(OPERATORS)}, got {shown(kind)}: use a newer earnest")
    operator: Operator = from_record(OPERATORS[kind], record["fields"], codes, path)
    for field in operator.constants():
        tensor = record["fields"][field]
        expected, got = coding_of(operator, field), codings[tensor]
        if expected != got:
            raise FileError(
                f"{path}.{field}: expected {expected.kind} codes of {expected.bits} bits, got {got.kind} of {got.bits}"
            )
        used.add(tensor)
    inputs = tuple(check_name(item, f"{path}.inputs") for item in check_list(record["inputs"], f"{path}.inputs"))
    return Step(name=name, operator=operator, inputs=inputs)
