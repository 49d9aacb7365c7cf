"""The operator list of a file as records: what each step reads, says and holds (docs/file-format.md, "A step").

FileError is what cannot be read at all; nothing here asks whether it is lawful.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from earnest.errors import FileError
from earnest.judge.program.bits import codes, fields, row_bytes
from earnest.judge.program.container import Container, Tensor

INTEGERS = ("bits", "low", "high", "shortest", "longest")
INPUT_KEYS = {"name", "signed", "shape", *INTEGERS}
FORMAT, VERSION = "earnest-program", 4
KEYS = {"format", "version", "target", "inputs", "output", "description", "kinds", "steps", "sha256"}
LONGEST_NAME = 1024
CODINGS = ("signed", "unsigned", "odd")
TYPES = {("signed", 8): "I8", ("signed", 16): "I16", ("signed", 32): "I32", ("signed", 64): "I64"} | {
    ("unsigned", 8): "U8",
    ("unsigned", 16): "U16",
}
"""Widths that have a type of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """Integers of a step: `coding` and `bits` are how they are stored, `least` what was added to them (constants only),
    `stored` the bytes that they take, 0 where they are another step's.
    """

    codes: np.ndarray
    coding: str
    bits: int
    least: int | None
    stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operator as the file has it; inputs are names of earlier steps, or of inputs."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    fields: Mapping[str, Any]
    arrays: Mapping[str, Array]

    @property
    def weight(self) -> Array | None:
        """The weights, where it has any."""
        return self.arrays.get("weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A program as it was read; `used` are the tensors that some step reads, `kinds` the file's own names of fields."""

    container: Container
    target: str
    inputs: tuple[Mapping[str, Any], ...]
    output: str
    description: Mapping[str, Any]
    kinds: Mapping[str, Mapping[str, list[str]]]
    steps: tuple[Step, ...]
    used: frozenset[str]

    @property
    def audio_input(self) -> Mapping[str, Any]:
        """The first input: codes of features, or of samples."""
        return self.inputs[0]

    @property
    def longest(self) -> dict[str, int]:
        """The longest length of each symbol."""
        return {symbol_of(spec): spec["longest"] for spec in self.inputs}


def symbol_of(spec: Mapping[str, Any]) -> str:
    """The symbol of an input's free length."""
    return next(extent for extent in spec["shape"] if isinstance(extent, str))


def read_source(container: Container) -> Source:
    """The records of a file."""
    document = container.document
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        raise FileError(
            f"expected {FORMAT} version {VERSION}, got {document.get('format')!a} {document.get('version')!a}"
        )
    if set(document) != KEYS:
        raise FileError(f"the operator list: expected the keys {sorted(KEYS)}, got {sorted(document)}")
    kinds = _kinds(document["kinds"])
    inputs = _inputs(document["inputs"])
    reader = _Reader(container, kinds, [spec["name"] for spec in inputs])
    steps = document["steps"] if isinstance(document["steps"], list) else []
    for record in steps:
        reader.step(record)
    names = {step.name for step in reader.steps}
    if not steps or not isinstance(document["output"], str) or document["output"] not in names:
        raise FileError("the operator list: expected steps, and an output that one of them makes")
    if not isinstance(document["target"], str) or not isinstance(document["description"], dict):
        raise FileError("the operator list: expected the name of a target and a description that is an object")
    return Source(
        container=container,
        target=document["target"],
        inputs=inputs,
        output=document["output"],
        description=document["description"],
        kinds=kinds,
        steps=tuple(reader.steps),
        used=frozenset(reader.used),
    )


def _kinds(found: Any) -> dict[str, dict[str, list[str]]]:
    parts = {"fields", "tensors", "constants"}
    if not isinstance(found, dict) or not all(
        isinstance(names, dict) and set(names) == parts for names in found.values()
    ):
        raise FileError(f"kinds: expected {sorted(parts)} of each kind of operator")
    for kind, lists in found.items():
        names = [name for part in lists.values() for name in (part if isinstance(part, list) else [None])]
        if not all(isinstance(name, str) for name in names) or len(set(names)) - len(names) > 0:
            raise FileError(f"kinds: {kind[:40]!a}: expected lists of names")
    return found


def _inputs(found: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(found, list) or not found:
        raise FileError("inputs: expected a list of what the program reads")
    for spec in found:
        _check_input(spec)
    for part in ("names", "symbols"):
        texts = [spec["name"] if part == "names" else symbol_of(spec) for spec in found]
        if len(set(texts)) < len(texts):
            raise FileError(f"inputs: expected {part} of their own, got {[text[:40] for text in texts]}")
    return tuple(found)


def _check_input(spec: Any) -> None:
    if not isinstance(spec, dict) or set(spec) != INPUT_KEYS or not isinstance(spec["shape"], list):
        raise FileError(f"inputs: expected of each {sorted(INPUT_KEYS)}")
    texts = [spec["name"], *(extent for extent in spec["shape"] if isinstance(extent, str))]
    integers = all(type(spec[key]) is int for key in INTEGERS) and isinstance(spec["signed"], bool)
    if len(texts) != 2 or not all(map(_is_name, texts)) or not integers or not 1 <= spec["bits"] <= 24:
        raise FileError("inputs: expected a name, a width and a sign, and one axis of free length")
    if not 1 <= spec["shortest"] <= spec["longest"] <= 1 << 20:
        raise FileError("inputs: expected 1 <= shortest <= longest <= 2^20")


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and text.isprintable() and 1 <= len(text) <= LONGEST_NAME


class _Reader:
    """Steps in order; what an entry cannot mean is an error that names the step."""

    def __init__(
        self, container: Container, kinds: Mapping[str, Mapping[str, list[str]]], inputs: Sequence[str]
    ) -> None:
        self.container, self.kinds, self.inputs = container, kinds, inputs
        self.tensors: dict[str, Tensor] = {tensor.name: tensor for tensor in container.tensors}
        self.steps: list[Step] = []
        self.used: set[str] = set()
        self._names: set[str] = set(inputs)

    def step(self, record: Any) -> None:
        if not isinstance(record, list) or len(record) != 6 or not all(isinstance(part, str) for part in record[:2]):
            self._fail(f"step {len(self.steps)}", "expected [name, kind, inputs, fields, tensors, constants]")
        name, kind, inputs, values, tensors, constants = record
        names = self.kinds.get(kind)
        if name in self._names or names is None or not _is_name(name):
            self._fail(name, "expected a printable name of its own, and a kind that the file explains")
        lawful = isinstance(inputs, list) and all(
            type(at) is int and -len(self.inputs) <= at < len(self.steps) for at in inputs
        )
        if not lawful:
            self._fail(name, "expected inputs that are indices of earlier steps")
        if not isinstance(values, list) or len(values) != len(names["fields"]):
            self._fail(name, f"expected the fields {names['fields']}")
        if not isinstance(tensors, list) or len(tensors) != len(names["tensors"]):
            self._fail(name, f"expected the tensors {names['tensors']}")
        arrays = {part: self._tensor(name, part, entry) for part, entry in zip(names["tensors"], tensors, strict=True)}
        self._names.add(name)
        self.steps.append(
            Step(
                name=name,
                kind=kind,
                inputs=tuple(self.inputs[-1 - int(at)] if at < 0 else self.steps[at].name for at in inputs),
                fields=dict(zip(names["fields"], values, strict=True)),
                arrays=arrays | self._constants(name, names["constants"], constants),
            )
        )

    def _tensor(self, step: str, part: str, entry: Any) -> Array:
        if type(entry) is int:
            return self._shared(step, part, entry)
        shaped = isinstance(entry, list) and len(entry) == 3 and entry[0] in CODINGS
        if not shaped or type(entry[1]) is not int or not 1 <= entry[1] <= 64:
            self._fail(step, f"{part}: expected [coding, bits, shape]")
        coding, bits, shape = entry
        tensor = self._take(f"{step}.{part}", step)
        count = self._count(step, shape)
        typed = TYPES.get((coding, bits))
        expected = ("U8", (row_bytes(count, bits),)) if typed is None else (typed, tuple(shape))
        if tensor.dtype in TYPES.values() and (tensor.dtype, tensor.shape) != expected:
            self._fail(step, f"{part}: expected a tensor {expected}, got {(tensor.dtype, tensor.shape)}")
        found = codes(fields(self.container.bytes_of(tensor), count, bits, f"{step}.{part}"), coding, bits)
        narrow = found.astype(np.int16) if bits <= 8 else found
        return Array(codes=narrow.reshape(shape), coding=coding, bits=bits, least=None, stored=row_bytes(count, bits))

    def _constants(self, step: str, names: list[str], entries: Any) -> dict[str, Array]:
        if type(entries) is int and names:
            return {part: self._shared(step, part, entries) for part in names}
        if not isinstance(entries, list) or len(entries) != len(names):
            self._fail(step, f"expected the constants {names}")
        if not names:
            return {}
        tensor = self._take(f"{step}.constants", step)
        row, at, found = self.container.bytes_of(tensor), 0, {}
        for part, entry in zip(names, entries, strict=True):
            if not isinstance(entry, list) or len(entry) != 3 or not all(type(value) is int for value in entry[:2]):
                self._fail(step, f"{part}: expected [bits, least, shape]")
            bits, least, shape = entry
            count = self._count(step, shape)
            if not 1 <= bits <= 64:
                self._fail(step, f"{part}: expected fields of 1 to 64 bits")
            size = row_bytes(count, bits)
            distances = fields(row[at : at + size], count, bits, f"{step}.{part}")
            if count and least + int(distances.max()) >= 1 << 63:
                self._fail(step, f"{part}: expected values of 64 bits")
            values = (distances + np.uint64(least % (1 << 64))).view(np.int64)  # wraps as two's complement does
            found[part] = Array(codes=values.reshape(shape), coding="unsigned", bits=bits, least=least, stored=size)
            at += size
        if at != len(row):
            self._fail(step, f"expected {at} bytes of constants, got {len(row)}")
        return found

    def _shared(self, step: str, part: str, index: int) -> Array:
        if not 0 <= index < len(self.steps) or part not in self.steps[index].arrays:
            self._fail(step, f"{part}: expected an earlier step that holds it")
        owned = self.steps[index].arrays[part]
        return Array(codes=owned.codes, coding=owned.coding, bits=owned.bits, least=owned.least, stored=0)

    def _take(self, name: str, step: str) -> Tensor:
        if name not in self.tensors or name in self.used:
            self._fail(step, f"expected a tensor {name[:80]!a} of its own")
        self.used.add(name)
        return self.tensors[name]

    def _count(self, step: str, shape: Any) -> int:
        lawful = (
            isinstance(shape, list) and len(shape) <= 8 and all(type(extent) is int and extent >= 0 for extent in shape)
        )
        if not lawful or math.prod(shape) > self.container.size * 8:
            self._fail(step, "expected a shape whose codes the file can hold")
        return math.prod(shape)

    def _fail(self, where: str, what: str) -> NoReturn:
        raise FileError(f"{where[:120]!a}: {what}")
