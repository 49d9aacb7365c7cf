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
from earnest.file.steps import layout
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.linear import Linear
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.program.program import run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify

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


NAME, KIND, INPUTS, FIELDS, ARRAYS, CONSTANTS = (("steps", 0, part) for part in range(6))
NAMES = layout(Linear)["fields"]
BITS, MAP, ZERO_POINT, SIGNED = (
    (*FIELDS, NAMES.index(n)) for n in ("weight_bits", "weight_map", "zero_point", "signed")
)
WEIGHT, BIAS, STOP = (*ARRAYS, 0), (*CONSTANTS, 1), ("steps", 5, 3, 2)
DEEP: list = ["+", "time", 1]
for _ in range(32):
    DEEP = ["+", DEEP, 1]

LISTS = {
    "another format": (put("format", value="gguf"), "format 'earnest-program'"),
    "no format": (drop("format"), "format 'earnest-program'"),
    "version 1": (put("version", value=1), "version 4 of the format, got 1: use the earnest that wrote the file"),
    "version true": (put("version", value=True), "and a version"),
    "unknown key": (put("extra", value=1), r"unknown \['extra'\]"),
    "missing key": (drop("output"), r"missing \['output'\]"),
    "target by path": (put("target", value="../int8"), "target: expected a name"),
    "target file": (put("target", value="mine.toml"), "target: expected a name"),
    "target by NUL": (put("target", value="int8\0"), "target: expected a name"),
    "input without length": (drop("inputs", 0, "longest"), r"inputs\[0\]: .*missing \['longest'\]"),
    "input of text bits": (put("inputs", 0, "bits", value="8"), r"inputs\[0\]\.bits: expected an integer, got '8'"),
    "input signed 1": (put("inputs", 0, "signed", value=1), r"inputs\[0\]\.signed: expected true or false, got 1"),
    "input shape of text": (put("inputs", 0, "shape", value="time"), r"inputs\[0\]\.shape: expected a list"),
    "output of a number": (put("output", value=3), "output: expected a printable name"),
    "output of an escape": (put("output", value="\x1b]0;"), "output: expected a printable name"),
    "description list": (put("description", value=[]), "description: expected an object"),
    "steps object": (put("steps", value={}), "steps: expected a list"),
    "step of text": (put("steps", 0, value="linear"), r"steps\[0\]: expected a list"),
    "step with more": (
        changed(lambda manifest, _: manifest["steps"][0].append("")),
        r"steps\[0\]: expected \[name, kind",
    ),
    "step with less": (drop(*CONSTANTS), r"steps\[0\]: expected \[name, kind"),
    "kinds list": (put("kinds", value=[]), "kinds: expected an object"),
    "unknown operator": (put("kinds", "erf", value={}), "kinds: expected operators of .* got 'erf': use a newer"),
    "unused kind": (put("kinds", "relative_shift", value=layout(RelativeShift)), "the one form"),
    "missing kind": (drop("kinds", "linear"), "expected an operator of .* got 'linear'"),
    "kind of a number": (put("kinds", "linear", value=0), r"kinds\.linear: expected"),
    "another name of a field": (put("kinds", "linear", "fields", 0, value="x"), r"kinds\.linear: expected"),
    "another order of constants": (
        put("kinds", "linear", "constants", value=["group_multiplier", "bias", "shift", "multiplier"]),
        r"kinds\.linear: expected",
    ),
    "operator that is not declared": (put(*KIND, value="matmul"), "expected an operator of .* got 'matmul'"),
    "operator of a list": (put(*KIND, value=["linear"]), "expected an operator of"),
    "doubled step": (put("steps", 3, 0, value="sum"), "that no operator reads|in the file"),
    "doubled step without arrays": (put("steps", 4, 0, value="three"), "every step's name once"),
    "step called input": (put("steps", 5, 0, value="input"), "every step's name once"),
    "long name": (put(*NAME, value="a" * 1025), "printable name of 1 to 1024"),
    "no name": (put(*NAME, value=""), "printable name"),
    "name of a number": (put(*NAME, value=1), "printable name"),
    "inputs of text": (put(*INPUTS, value="input"), r"inputs: expected a list"),
    "inputs of names": (put(*INPUTS, value=["input"]), "inputs: expected an integer"),
    "input of its own": (
        put(*INPUTS, value=[0]),
        "inputs: expected the program's input or the index of an earlier step, got 0",
    ),
    "input of later": (put("steps", 1, 2, value=[5]), "index of an earlier step, got 5"),
    "input before the input": (put("steps", 1, 2, value=[-2]), "index of an earlier step, got -2"),
    "input of true": (put("steps", 1, 2, value=[True]), "inputs: expected an integer"),
    "one field more": (put(*FIELDS, value=[0] * 9), r"fields: expected a list of 8, \['weight_bits'.* got 9"),
    "missing field": (drop(*FIELDS, 0), "fields: expected a list of 8"),
    "fields object": (put(*FIELDS, value={}), "fields: expected a list"),
    "true as integer": (put(*ZERO_POINT, value=True), r"zero_point: expected an integer, got True \(bool\)"),
    "text as integer": (put(*ZERO_POINT, value="0"), "zero_point: expected an integer"),
    "0 as truth value": (put(*SIGNED, value=0), "signed: expected true or false"),
    "unknown weight map": (put(*MAP, value="nf4"), "weight_map: expected one of"),
    "weight map of a list": (put(*MAP, value=["odd"]), "weight_map: expected one of"),
    "other weight map": (put(*MAP, value="odd"), "expected odd codes of 3 bits, got signed of 3"),
    "other weight bits": (put(*BITS, value=4), "expected signed codes of 4 bits, got signed of 3"),
    "huge weight bits": (put(*BITS, value=1 << 60), "expected signed codes of 1 to 64 bits"),
    "negative weight bits": (put(*BITS, value=-1), "expected signed codes of 1 to 64 bits"),
    "dimension operator": (put(*STOP, value=["-", "time", 1]), "stop: expected an integer, a symbol"),
    "dimension of true": (put(*STOP, value=["+", "time", True]), "stop: expected an integer"),
    "empty dimension": (put(*STOP, value=[]), "stop: expected an integer"),
    "dimension without terms": (put(*STOP, value=["+"]), "stop: expected an integer"),
    "deep dimension": (put(*STOP, value=DEEP), "32 levels deep"),
    "numbers of text": (put("steps", 4, 3, 1, value=["1", "2"]), "multipliers: expected an integer"),
    "numbers object": (put("steps", 4, 3, 1, value={}), "multipliers: expected a list"),
    "no tensor": (put(*ARRAYS, value=[]), "tensors: expected a list of 1"),
    "tensors object": (put(*ARRAYS, value={}), "tensors: expected a list"),
    "tensor by name": (put(*WEIGHT, value="three.codes"), "weight: tensor: expected a list"),
    "tensor of true": (put(*WEIGHT, value=True), "weight: tensor: expected a list"),
    "tensor of two": (put(*WEIGHT, value=["signed", 3]), r"expected \[coding, bits, shape\]"),
    "missing tensor": (
        changed(lambda _, tensors: tensors.pop("three.codes")),
        "codes: expected the tensor 'three.codes' in the file",
    ),
    "tensor of its own": (put(*WEIGHT, value=0), "expected the index of an earlier step with such weight of its own"),
    "tensor of the input": (put("steps", 1, 4, 0, value=-1), "with such weight of its own, got -1"),
    "tensor of a step that has none": (put("steps", 1, 4, 0, value=1 << 60), "with such weight"),
    "tensor of other width": (put("steps", 1, 3, 0, value=4), "with such weight"),
    "coding unknown": (put(*WEIGHT, 0, value="float"), "weight: expected a coding of"),
    "coding of a list": (put(*WEIGHT, 0, value=["odd"]), "weight: expected a coding of"),
    "bits 0": (put(*WEIGHT, 1, value=0), "weight: expected signed codes of 1 to 64 bits"),
    "bits huge": (put(*WEIGHT, 1, value=1 << 62), "weight: expected signed codes of 1 to 64 bits"),
    "shape negative": (put(*WEIGHT, 2, value=[-3, -2]), "weight: expected a shape"),
    "shape huge": (put(*WEIGHT, 2, value=[1 << 62] * 8), "weight: expected a tensor of uint8"),
    "shape of many axes": (put(*WEIGHT, 2, value=[1] * 9), "weight: expected a shape of at most 8 axes"),
    "shape of text": (put(*WEIGHT, 2, value="32"), "weight: shape: expected a list"),
    "shape of true": (put(*WEIGHT, 2, value=[True, 6]), "weight: shape: expected an integer"),
    "shape of other bytes": (put(*WEIGHT, 2, value=[3, 3]), "weight: expected a tensor of uint8"),
    "no constants": (put(*CONSTANTS, value=[]), "constants: packings: expected a list of 4"),
    "constants that a reshape has not": (put("steps", 5, 5, value=0), "constants: packings: expected a list"),
    "constants object": (put(*CONSTANTS, value={}), "constants: packings: expected a list"),
    "constants of true": (put(*CONSTANTS, value=True), "constants: packings: expected a list"),
    "constants of its own": (put(*CONSTANTS, value=0), "earlier step with such constants of its own, got 0"),
    "constants of another kind": (put("steps", 2, 5, value=0), "earlier step with such constants of its own, got 0"),
    "constants that are shared": (put("steps", 2, 5, value=1), "earlier step with such constants of its own, got 1"),
    "packing of two": (put(*BIAS, value=[2, 0]), r"expected \[bits, least, shape\]"),
    "packing of text": (put(*BIAS, value="bias"), "packing: expected a list"),
    "packing of 0 bits": (put(*BIAS, 0, value=0), "expected a width of 1 to 64 bits, got 0"),
    "packing of 65 bits": (put(*BIAS, 0, value=65), "expected a width of 1 to 64 bits, got 65"),
    "packing of true bits": (put(*BIAS, 0, value=True), "bits: expected an integer"),
    "packing from text": (put(*BIAS, 1, value="0"), "least: expected an integer"),
    "packing from beyond": (put(*BIAS, 1, value=1 << 40), "bias: expected signed codes of 32 bits"),
    "packing up to beyond": (put(*BIAS, 1, value=(1 << 31) - 2), "bias: expected signed codes of 32 bits"),
    "packing below an unsigned": (put(*CONSTANTS, 3, 1, value=-1), "shift: expected unsigned codes of 8 bits"),
    "packing of a huge shape": (put(*BIAS, 2, value=[1 << 62] * 8), r"constants: expected a tensor of uint8 \("),
    "packing of a negative shape": (put(*BIAS, 2, value=[-3]), "constants: expected a shape"),
    "packing of no shape": (put(*BIAS, 2, value=3), "constants: shape: expected a list"),
    "packing of other bytes": (put(*BIAS, 0, value=3), r"expected a tensor of uint8 \(5,\), got uint8 \(4,\)"),
    "packing wider than needed": (
        put("steps", 0, 5, 2, 0, value=2),
        "multiplier: expected the smallest width that the values need, 1 bits from 40503, got 2 from 40503",
    ),
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


def spare_bit_of_constants(manifest: dict, tensors: dict) -> None:
    """A bit beyond the last of 3 biases of 2 bits."""
    tensors["block.0.linear.constants"][1] |= 64


def from_below(manifest: dict, tensors: dict) -> None:
    """The same shifts, told from 19 on."""
    manifest["steps"][0][5][3][1] = 19
    tensors["block.0.linear.constants"][3] |= 7


def constants_of_other_type(manifest: dict, tensors: dict) -> None:
    """The same bytes as another type."""
    name = "block.0.linear.constants"
    tensors[name] = tensors[name].view(np.int8)


def renamed(manifest: dict, tensors: dict) -> None:
    """The same program, a tensor called otherwise."""
    tensors["x"] = tensors.pop("three.codes")


def stored_twice(manifest: dict, tensors: dict) -> None:
    """The same program, a shared tensor written twice."""
    tensors["block.0.again.constants"] = tensors["block.0.linear.constants"]
    manifest["steps"][1][5] = manifest["steps"][0][5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (spare_bit, "no bit beyond the last code"),
        (unread, r"\['x'\] that no operator reads"),
        (spare_bit_of_constants, "bias: expected no bit beyond the last code"),
        (from_below, "shift: expected the smallest width that the values need, 1 bits from 20, got 1 from 19"),
        (constants_of_other_type, r"expected a tensor of uint8 \(4,\), got int8"),
        (renamed, "expected the tensor 'three.codes' in the file"),
        (stored_twice, "the one form"),
    ],
)
def test_a_second_form_is_refused(change, message):
    with pytest.raises(FileError, match=message):
        loads(changed(change))


def test_spaces_and_order_are_a_second_form():
    for text in (
        json.dumps(MANIFEST, sort_keys=True, ensure_ascii=False),
        json.dumps(MANIFEST, sort_keys=True, separators=(",", ":")),
        json.dumps(dict(reversed(MANIFEST.items())), ensure_ascii=False, separators=(",", ":")),
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
    """64 KiB of 1-bit codes become 512 KiB of int8, or 4 MiB of int32, and the loader needs little more."""

    def codes(manifest: dict, tensors: dict) -> None:
        tensors["three.codes"] = np.full(1 << 16, 0xAA, dtype=np.uint8)
        manifest["steps"][3][3:5] = [[1], [["signed", 1, [1 << 19]]]]

    def biases(manifest: dict, tensors: dict) -> None:
        first, _, *rest = np.split(tensors["block.0.linear.constants"], [1, 2])
        tensors["block.0.linear.constants"] = np.concatenate([first, np.full(1 << 16, 0xAA, dtype=np.uint8), *rest])
        manifest["steps"][0][5][1] = [1, 0, [1 << 19]]

    for change in (codes, biases):
        data = changed(change)
        tracemalloc.start()
        loads(data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 32 << 20


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
    st.sampled_from(["", "input", "time", "odd", "sum", "table", "reshape", "three.codes", "linear"]),
    st.sampled_from(
        [True, False, [], {}, [1], ["time"], ["*", "time", "time"], ["//", "time", 0], ["signed", 3, [6]], [2, 0, [3]]]
    ),
    st.integers(-300, 300),
)


TARGET = load_target("int8x16")


def run_if_sound(data: bytes) -> None:
    """Load, verify and run, as `open_program` does and whoever calls it; what loads must have that one file."""
    program = loads(data)
    assert dumps(program) == data
    verify(program, TARGET)
    try:
        program.input.check(CODES)
    except ProgramError:
        return
    run(program, [CODES], IntegerAccumulation())


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
