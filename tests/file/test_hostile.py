"""Files made by hand to do harm, and files with any byte changed: a FileError that says why, and nothing else."""

import json
import struct
import tracemalloc
from contextlib import suppress
from copy import deepcopy

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.file.programs import CODES, changed, opened, sealed, tiny

from earnest.errors import EarnestError, FileError, ProgramError
from earnest.file import dumps, loads
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.program import check_codes, run
from earnest.integer.target import load_target
from earnest.integer.verifier import verify

GOOD = dumps(tiny())
MANIFEST, TENSORS = opened(GOOD)
TEXT = json.loads(GOOD[8 : 8 + int.from_bytes(GOOD[:8], "little")])["__metadata__"]["earnest"]
LIMIT = 256 << 20
"""Bytes that no reading of a small file may allocate."""


def raw(header: bytes | dict, body: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file by hand."""
    header = json.dumps(header).encode() if isinstance(header, dict) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def entry(kind: str, shape: list, offsets: list) -> dict:
    """One tensor beside the metadata of a good program."""
    tensor = {"dtype": kind, "shape": shape, "data_offsets": offsets}
    return {"__metadata__": {"earnest": TEXT}, "a": tensor}


METADATA = b'"__metadata__":{"earnest":"{}"}'

HEADERS = {
    "nothing": (b"", "got 0 bytes that begin with nothing"),
    "seven bytes": (bytes(7), "header of 2 to"),
    "no header": (raw(b""), "header of 2 to"),
    "header beyond the file": (raw(b"{}", length=3), "header of 2 to"),
    "header of 2^64 - 1 bytes": (raw(b"{}", length=(1 << 64) - 1), "header of 2 to"),
    "header over the limit": (raw(b" " * ((1 << 24) + 1)), "header of 2 to 16777216 bytes"),
    "not UTF-8": (raw(b'{"\xff":1}'), "UTF-8"),
    "not JSON": (raw(b"{]"), "header: expected JSON"),
    "deep": (raw(b"[" * 1_000_000), "levels deep"),
    "a list": (raw(b"[]"), "header that is an object"),
    "a zip file": (b"PK\x03\x04" + bytes(60), "this is no program"),
    "no metadata": (raw(b"{}"), "metadata with the one key 'earnest'"),
    "other metadata": (raw({"__metadata__": {"format": "pt"}}), "this safetensors file is no program"),
    "more metadata": (raw({"__metadata__": {"earnest": "{}", "a": ""}}), "metadata with the one key"),
    "metadata of a number": (raw({"__metadata__": {"earnest": 1}}), "metadata with the one key"),
    "doubled metadata": (raw(b"{" + METADATA + b"," + METADATA + b"}"), "every key once"),
    "doubled tensor": (raw(b"{" + METADATA + b',"a":{},"a":{}}'), "every key once, got 'a'"),
    "doubled type": (raw(b"{" + METADATA + b',"a":{"dtype":"I8","dtype":"F32"}}'), "every key once, got 'dtype'"),
    "float offset": (raw(b"{" + METADATA + b',"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1.0]}}'), "no float"),
    "tensor that is no object": (raw(b"{" + METADATA + b',"a":[]}'), "tensor 'a': expected"),
    "unknown key of a tensor": (raw(b"{" + METADATA + b',"a":{"dtype":"I8","shape":[1],"offset":0}}'), "tensor 'a'"),
    "float tensor": (raw(entry("F32", [1], [0, 4]), bytes(4)), "got 'F32': a program holds integer tensors only"),
    "half-float tensor": (raw(entry("BF16", [1], [0, 2]), bytes(2)), "integer tensors only"),
    "unsigned 64": (raw(entry("U64", [1], [0, 8]), bytes(8)), "integer tensors only"),
    "unknown type": (raw(entry("I4", [2], [0, 1]), bytes(1)), "integer tensors only"),
    "type that is a list": (raw(entry(["I8"], [1], [0, 1]), bytes(1)), "integer tensors only"),  # type: ignore[arg-type]
    "negative extent": (raw(entry("I8", [-1], [0, 1]), bytes(1)), "shape of integers from 1"),
    "no element": (raw(entry("I8", [0], [0, 0])), "shape of integers from 1"),
    "true as extent": (raw(entry("I8", [True], [0, 1]), bytes(1)), "shape of integers from 1"),
    "negative offset": (raw(entry("I8", [1], [-1, 0]), bytes(1)), "data_offsets of integers from 0"),
    "huge extent": (raw(entry("I8", [1 << 62], [0, 1]), bytes(1)), "whole safetensors file"),
    "product over 2^64": (raw(entry("I8", [1 << 62, 1 << 62], [0, 1]), bytes(1)), "whole safetensors file"),
    "more than the file has": (raw(entry("I8", [9], [0, 9]), bytes(1)), "whole safetensors file"),
    "less than the file has": (raw(entry("I8", [1], [0, 1]), bytes(2)), "whole safetensors file"),
    "backward offsets": (raw(entry("I8", [1], [1, 0]), bytes(1)), "whole safetensors file"),
    "one offset": (raw(entry("I8", [1], [1]), bytes(1)), "whole safetensors file"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_header(name):
    data, message = HEADERS[name]
    with pytest.raises(FileError, match=message) as error:
        loads(data)
    assert len(str(error.value)) < 1000


def test_overlapping_tensors():
    tensor = {"dtype": "I8", "shape": [4], "data_offsets": [0, 4]}
    with pytest.raises(FileError, match="whole safetensors file"):
        loads(raw({"__metadata__": {"earnest": TEXT}, "a": tensor, "b": tensor}, bytes(4)))


def put(*path: str | int, value: object) -> bytes:
    """The tiny program with one value of its operator list set, sealed again."""

    def change(manifest: dict, tensors: dict) -> None:
        at = manifest
        for key in path[:-1]:
            at = at[key]  # type: ignore[index]
        at[path[-1]] = value

    return changed(change)


def drop(*path: str | int) -> bytes:
    """The tiny program without one entry of its operator list."""

    def change(manifest: dict, tensors: dict) -> None:
        at = manifest
        for key in path[:-1]:
            at = at[key]  # type: ignore[index]
        del at[path[-1]]  # type: ignore[arg-type]

    return changed(change)


WEIGHT, FIELDS = ("tensors", "block.0.linear.weight"), ("steps", 0, "fields")
DEEP: list = ["+", "time", 1]
for _ in range(32):
    DEEP = ["+", DEEP, 1]

LISTS = {
    "another format": (put("format", value="gguf"), "format 'earnest-program'"),
    "no format": (drop("format"), "format 'earnest-program'"),
    "version 2": (put("version", value=2), "version 1 of the format, got 2: use the earnest that wrote the file"),
    "version true": (put("version", value=True), "and a version"),
    "unknown key": (put("extra", value=1), r"unknown \['extra'\]"),
    "missing key": (drop("output"), r"missing \['output'\]"),
    "target by path": (put("target", value="../int8"), "target: expected a name"),
    "target file": (put("target", value="mine.toml"), "target: expected a name"),
    "target by NUL": (put("target", value="int8\0"), "target: expected a name"),
    "input without length": (drop("input", "longest"), r"input: .*missing \['longest'\]"),
    "input of text bits": (put("input", "bits", value="8"), r"input\.bits: expected an integer, got '8'"),
    "input signed 1": (put("input", "signed", value=1), r"input\.signed: expected true or false, got 1"),
    "input shape of text": (put("input", "shape", value="time"), r"input\.shape: expected a list"),
    "output of a number": (put("output", value=3), "output: expected a printable name"),
    "output of an escape": (put("output", value="\x1b]0;"), "output: expected a printable name"),
    "description list": (put("description", value=[]), "description: expected an object"),
    "steps object": (put("steps", value={}), "steps: expected a list"),
    "step of text": (put("steps", 0, value="linear"), r"steps\[0\]: expected an object"),
    "step with more": (put("steps", 0, "note", value=""), r"steps\[0\]: .*unknown \['note'\]"),
    "unknown operator": (put("steps", 0, "kind", value="erf"), "expected an operator of .* got 'erf': use a newer"),
    "operator of a list": (put("steps", 0, "kind", value=["linear"]), "expected an operator of"),
    "doubled step": (put("steps", 1, "name", value="block.0.linear"), "every step's name once"),
    "long name": (put("steps", 0, "name", value="a" * 1025), "printable name of 1 to 1024"),
    "no name": (put("steps", 0, "name", value=""), "printable name"),
    "inputs of text": (put("steps", 0, "inputs", value="input"), r"inputs: expected a list"),
    "inputs of numbers": (put("steps", 0, "inputs", value=[0]), "inputs: expected a printable name"),
    "unknown field": (put(*FIELDS, "scale", value=1), r"unknown \['scale'\]"),
    "missing field": (drop(*FIELDS, "zero_point"), r"missing \['zero_point'\]"),
    "fields list": (put(*FIELDS, value=[]), "expected an object"),
    "true as integer": (put(*FIELDS, "zero_point", value=True), r"zero_point: expected an integer, got True \(bool\)"),
    "text as integer": (put(*FIELDS, "zero_point", value="0"), "zero_point: expected an integer"),
    "0 as truth value": (put(*FIELDS, "signed", value=0), "signed: expected true or false"),
    "unknown weight map": (put(*FIELDS, "weight_map", value="nf4"), "weight_map: expected one of"),
    "weight map of a list": (put(*FIELDS, "weight_map", value=["odd"]), "weight_map: expected one of"),
    "other weight map": (put(*FIELDS, "weight_map", value="odd"), "expected odd codes of 3 bits, got signed of 3"),
    "other weight bits": (put(*FIELDS, "weight_bits", value=4), "expected signed codes of 4 bits, got signed of 3"),
    "huge weight bits": (put(*FIELDS, "weight_bits", value=1 << 60), "expected signed codes of 1 to 64 bits"),
    "negative weight bits": (put(*FIELDS, "weight_bits", value=-1), "expected signed codes of 1 to 64 bits"),
    "missing tensor": (
        put(*FIELDS, "weight", value="gone"),
        "weight: expected the name of a tensor in the file, got 'gone'",
    ),
    "tensor by number": (put(*FIELDS, "weight", value=0), "weight: expected a printable name"),
    "array in the list": (put(*FIELDS, "shift", value=[1, 2, 3]), "shift: expected a printable name"),
    "another field's tensor": (put(*FIELDS, "weight", value="three.codes"), "got signed of 4"),
    "unread tensor": (put("steps", 3, "fields", "codes", value="block.0.linear.weight"), "signed codes of 4 bits"),
    "dimension operator": (
        put("steps", 5, "fields", "stop", value=["-", "time", 1]),
        "stop: expected an integer, a symbol",
    ),
    "dimension of true": (put("steps", 5, "fields", "stop", value=["+", "time", True]), "stop: expected an integer"),
    "empty dimension": (put("steps", 5, "fields", "stop", value=[]), "stop: expected an integer"),
    "dimension without terms": (put("steps", 5, "fields", "stop", value=["+"]), "stop: expected an integer"),
    "deep dimension": (put("steps", 5, "fields", "stop", value=DEEP), "32 levels deep"),
    "numbers of text": (put("steps", 4, "fields", "multipliers", value=["1", "2"]), "multipliers: expected an integer"),
    "numbers object": (put("steps", 4, "fields", "multipliers", value={}), "multipliers: expected a list"),
    "tensor table list": (put("tensors", value=[]), "tensors: expected an object"),
    "tensor not in the table": (drop(*WEIGHT), r"tensors: .*unknown|tensors: .*missing"),
    "tensor not in the file": (put("tensors", "more", value={}), r"tensors: .*unknown|tensors: .*missing"),
    "coding unknown": (put(*WEIGHT, "coding", value="float"), "weight': expected a coding of"),
    "coding of a list": (put(*WEIGHT, "coding", value=["odd"]), "weight': expected a coding of"),
    "bits 0": (put(*WEIGHT, "bits", value=0), "weight': expected signed codes of 1 to 64 bits"),
    "bits huge": (put(*WEIGHT, "bits", value=1 << 62), "weight': expected signed codes of 1 to 64 bits"),
    "shape negative": (put(*WEIGHT, "shape", value=[-3, -2]), "weight': expected a shape"),
    "shape huge": (put(*WEIGHT, "shape", value=[1 << 62] * 8), "weight': expected a tensor of uint8"),
    "shape of many axes": (put(*WEIGHT, "shape", value=[1] * 9), "weight': expected a shape of at most 8 axes"),
    "shape of text": (put(*WEIGHT, "shape", value="32"), "weight': shape: expected a list"),
    "shape of true": (put(*WEIGHT, "shape", value=[True, 6]), "weight': shape: expected an integer"),
    "shape of other bytes": (put(*WEIGHT, "shape", value=[3, 3]), "weight': expected a tensor of uint8"),
    "another key of a tensor": (put(*WEIGHT, "scale", value=1), r"weight': .*unknown \['scale'\]"),
}


@pytest.mark.parametrize("name", LISTS)
def test_hostile_operator_list(name):
    data, message = LISTS[name]
    with pytest.raises(FileError, match=message) as error:
        loads(data)
    assert len(str(error.value)) < 1000
    assert str(error.value).isprintable()


def spare_bit(manifest: dict, tensors: dict) -> None:
    """A bit beyond the last of 6 codes of 3 bits."""
    tensors["block.0.linear.weight"][2] |= 128


def unread(manifest: dict, tensors: dict) -> None:
    """A tensor that no operator reads, where bytes could hide."""
    tensors["x"] = np.zeros(1, dtype=np.int8)
    manifest["tensors"]["x"] = {"bits": 8, "coding": "signed", "shape": [1]}


def renamed(manifest: dict, tensors: dict) -> None:
    """The same program, a tensor called otherwise."""
    tensors["x"] = tensors.pop("three.codes")
    manifest["tensors"]["x"] = manifest["tensors"].pop("three.codes")
    manifest["steps"][3]["fields"]["codes"] = "x"


def stored_twice(manifest: dict, tensors: dict) -> None:
    """The same program, a shared tensor written twice."""
    name = "block.0.again.bias"
    tensors[name] = tensors["block.0.linear.bias"]
    manifest["tensors"][name] = manifest["tensors"]["block.0.linear.bias"]
    manifest["steps"][1]["fields"]["bias"] = name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (spare_bit, "no bit beyond the last code"),
        (unread, r"\['x'\] that no operator reads"),
        (renamed, "the one form"),
        (stored_twice, "the one form"),
    ],
)
def test_a_second_form_is_refused(change, message):
    with pytest.raises(FileError, match=message):
        loads(changed(change))


def test_spaces_and_order_are_a_second_form():
    for text in (
        json.dumps(MANIFEST, sort_keys=True),
        json.dumps(dict(reversed(MANIFEST.items())), separators=(",", ":")),
    ):
        with pytest.raises(FileError, match="the one form"):
            loads(safetensors.numpy.save(TENSORS, metadata={"earnest": text}))
    length = int.from_bytes(GOOD[:8], "little")
    with pytest.raises(FileError, match="the one form"):
        loads(struct.pack("<Q", length + 8) + GOOD[8 : 8 + length] + b" " * 8 + GOOD[8 + length :])


def test_sealing_a_file_anew_changes_nothing():
    assert sealed(MANIFEST, TENSORS) == GOOD


def test_damage_is_found():
    """Each bit of the file counts: here the last of the tensors, and a number in the operator list."""
    for at in (len(GOOD) - 1, GOOD.index(b"40503") if b"40503" in GOOD else GOOD.index(b"-40000") + 2):
        damaged = bytearray(GOOD)
        damaged[at] ^= 1
        with pytest.raises(FileError, match="the file is damaged"):
            loads(bytes(damaged))


def test_memory_of_a_hostile_file_is_bounded():
    """64 KiB of 1-bit codes become 512 KiB of int8, and the loader needs little more."""

    def change(manifest: dict, tensors: dict) -> None:
        tensors["three.codes"] = np.full(1 << 16, 0xAA, dtype=np.uint8)
        manifest["tensors"]["three.codes"] = {"bits": 1, "coding": "signed", "shape": [1 << 19]}
        manifest["steps"][3]["fields"]["bits"] = 1

    data = changed(change)
    tracemalloc.start()
    loads(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def refused_or_the_same(data: bytes) -> None:
    """Any bytes but the file itself are refused: a program has one file."""
    try:
        loads(data)
    except FileError:
        return
    assert data == GOOD


@given(st.data())
@settings(max_examples=300)
def test_any_change_of_bytes_is_refused(data):
    at = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(at, min(len(GOOD), at + 16)))
    refused_or_the_same(GOOD[:at] + data.draw(st.binary(max_size=16)) + GOOD[end:])


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_any_changed_byte_is_refused(at, bits):
    refused_or_the_same(GOOD[:at] + bytes([GOOD[at] ^ bits]) + GOOD[at + 1 :])


def test_any_truncation_is_refused():
    for end in range(0, len(GOOD), 7):
        with pytest.raises(FileError):
            loads(GOOD[:end])


def paths(value: object, at: tuple = ()) -> list[tuple]:
    """Every place of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in items for path in paths(item, (*at, key)))]


PLACES = [path for path in paths(MANIFEST) if path and path[0] != "description"]
VALUES = st.one_of(
    st.sampled_from([-(1 << 63), (1 << 63) - 1, -1, 0, 1, 2, 7, 8, 16, 24, 47, 48, 63, 64, 1 << 20, 1 << 40]),
    st.sampled_from(["", "input", "time", "odd", "sum", "table", "reshape", "three.codes", "block.0.linear.bias"]),
    st.sampled_from([True, False, [], {}, [1], ["time"], ["*", "time", "time"], ["//", "time", 0], ["input"]]),
    st.integers(-300, 300),
)


TARGET = load_target("int8x16")


def run_if_sound(data: bytes) -> None:
    """Load, verify and run, as `open_program` does and whoever calls it; what loads must have that one file."""
    program = loads(data)
    assert dumps(program) == data
    verify(program, TARGET)
    try:
        check_codes(program, CODES)
    except ProgramError:
        return
    run(program, CODES, IntegerAccumulation())


@given(data=st.data())
@settings(max_examples=150)
def test_sealed_changes_are_refused_or_a_sound_program(data):
    """Whoever changes a file and seals it again gets an EarnestError, or a program that is proved and runs."""
    manifest, tensors = deepcopy(MANIFEST), {name: array.copy() for name, array in TENSORS.items()}
    for _ in range(data.draw(st.integers(1, 3))):
        if data.draw(st.booleans()):
            *path, key = data.draw(st.sampled_from(PLACES))
            at = manifest
            try:
                for step in path:
                    at = at[step]
                at[key] = data.draw(VALUES)  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                continue
        else:
            row = tensors[data.draw(st.sampled_from(sorted(tensors)))].reshape(-1).view(np.uint8)
            row[data.draw(st.integers(0, row.size - 1))] = data.draw(st.integers(0, 255))
    tracemalloc.start()
    try:
        with suppress(EarnestError):
            run_if_sound(sealed(manifest, tensors))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < LIMIT
