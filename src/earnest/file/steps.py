"""The steps of a program as JSON and tensors, and back.

    [name, kind, inputs, fields, tensors, constants]

`inputs` are the indices of earlier steps; -1, -2, ... are the program's inputs. `fields`, `tensors` and `constants` are
in the order that `layout` gives for the kind. A tensor is [coding, bits, shape] and called `<step>.<field>`; a constant
is [bits, least, shape], and those of a step lie in the tensor `<step>.constants`. In the place of a tensor, or of all
constants, the index of an earlier step says that they are that step's.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from earnest.errors import FileError
from earnest.file.canonical_json import is_object, shown
from earnest.file.coding import Coding, coding_of
from earnest.file.constants import Packing, cut, join
from earnest.file.record import check_integer, check_list, check_name, from_record, plain_fields, to_record
from earnest.integer.law.operator import Operator, declared
from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.program import Step

CONSTANTS = "constants"
"""What the tensor of a step's other arrays is called: biases, multipliers, shifts, tables."""

Arrays = dict[str, tuple[Coding, np.ndarray]]
"""Coding and canonical codes of some arrays."""

Stores = dict[str, Callable[[], np.ndarray]]
"""What makes each tensor of a file; who only compares operator lists makes none."""

_PARTS = 6


@cache
def layout(kind: type[Operator]) -> dict[str, list[str]]:
    """The names of an operator's fields in the order in which the law declares them, by where a file has them."""
    return {
        "fields": list(plain_fields(kind)),
        "tensors": [name for name, width in declared(kind).items() if width.tensor],
        "constants": [name for name, width in declared(kind).items() if not width.tensor],
    }


def row_of_bytes(array: np.ndarray) -> memoryview:
    """The bytes of an array in row-major order."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


@dataclass(slots=True)
class _Writer:
    """What is written so far: the place of each value, the tensors, and the step that each tensor is called after."""

    places: dict[str, int]
    kinds: dict[str, dict[str, list[str]]] = field(default_factory=dict[str, dict[str, list[str]]])
    stores: Stores = field(default_factory=Stores)
    owners: dict[Any, int] = field(default_factory=dict[Any, int])

    def step(self, index: int, step: Step) -> list[Any]:
        kind = step.operator.kind
        if OPERATORS.get(kind) is not type(step.operator):
            got = type(step.operator).__name__
            raise FileError(f"{step.name}: expected an operator of {sorted(OPERATORS)}, got {got}")
        if check_name(step.name, "a step") in self.places:
            raise FileError(f"{step.name}: expected every step's name once; verify the program before it is saved")
        names = self.kinds[kind] = layout(type(step.operator))
        inputs = [self._place(name, step.name) for name in step.inputs]
        self.places[step.name] = index
        values = to_record(step.operator, step.name)
        coded = {name: _coded(step, name, values) for name in (*names["tensors"], *names["constants"])}
        tensors = [self._tensor(index, step.name, name, *coded[name]) for name in names["tensors"]]
        constants = self._constants(index, step.name, {name: coded[name] for name in names["constants"]})
        return [step.name, kind, inputs, list(values.values()), tensors, constants]

    def _place(self, name: str, reader: str) -> int:
        if name not in self.places:
            raise FileError(
                f"{reader}: expected inputs that an earlier step makes, got {shown(name)}; "
                "verify the program before it is saved"
            )
        return self.places[name]

    def _tensor(self, index: int, step: str, name: str, coding: Coding, codes: np.ndarray) -> Any:
        owner = self._owner(index, (name, coding, codes.shape), [codes])
        if owner != index:
            return owner
        self.stores[f"{step}.{name}"] = partial(coding.store, codes)
        return [coding.kind, coding.bits, list(codes.shape)]

    def _constants(self, index: int, step: str, coded: Arrays) -> Any:
        if not coded:
            return []
        arrays = [codes for _, codes in coded.values()]
        key = tuple((name, coding, codes.shape) for name, (coding, codes) in coded.items())
        owner = self._owner(index, key, arrays)
        if owner != index:
            return owner
        packings = [Packing.of(codes) for codes in arrays]
        self.stores[f"{step}.{CONSTANTS}"] = partial(join, packings, arrays)
        return [packing.record for packing in packings]

    def _owner(self, index: int, key: Any, arrays: Sequence[np.ndarray]) -> int:
        """The first step with these codes, this one if there is none before it."""
        state = hashlib.sha256()
        for codes in arrays:
            state.update(row_of_bytes(codes))
        return self.owners.setdefault((key, state.digest()), index)


def write_steps(
    steps: Sequence[Step], inputs: Sequence[str]
) -> tuple[dict[str, dict[str, list[str]]], list[list[Any]], Stores]:
    """The names of each kind's fields, the steps as JSON, and the tensors; FileError for what a file cannot say."""
    writer = _Writer({name: -1 - port for port, name in enumerate(inputs)})
    records = [writer.step(index, step) for index, step in enumerate(steps)]
    return writer.kinds, records, writer.stores


def _coded(step: Step, name: str, values: Mapping[str, Any]) -> tuple[Coding, np.ndarray]:
    try:
        coding = coding_of(type(step.operator), name, values)
        return coding, coding.canonical(getattr(step.operator, name))
    except FileError as error:
        raise FileError(f"{step.name}.{name}: {error}") from error


@dataclass(slots=True)
class _Reader:
    """What is read so far: the names of the steps, the arrays by step, and the tensors that are left."""

    kinds: Mapping[str, Any]
    inputs: Sequence[str]
    tensors: dict[str, np.ndarray]
    names: list[str] = field(default_factory=list[str])
    arrays: dict[tuple[int, str], tuple[Any, list[np.ndarray]]] = field(
        default_factory=dict[tuple[int, str], tuple[Any, list[np.ndarray]]]
    )

    def step(self, record: Any, path: str) -> Step:
        parts = check_list(record, path)
        if len(parts) != _PARTS:
            raise FileError(f"{path}: expected [name, kind, inputs, fields, tensors, constants], got {shown(record)}")
        name, kind, inputs, values, tensors, constants = parts
        path = f"{path} {shown(check_name(name, f'{path}.name'))}"
        if type(kind) is not str or kind not in self.kinds:
            raise FileError(f"{path}: expected an operator of {sorted(self.kinds)}, got {shown(kind)}")
        operator, names = OPERATORS[kind], layout(OPERATORS[kind])
        sources = tuple(self._input(place, f"{path}.inputs") for place in check_list(inputs, f"{path}.inputs"))
        read = from_record(operator, _named(names["fields"], values, f"{path}.fields"), path)
        arrays: dict[str, Any] = {}
        for each, entry in _named(names["tensors"], tensors, f"{path}.tensors").items():
            arrays[each] = self._tensor(f"{name}.{each}", each, entry, operator, read, path)
        arrays |= self._constants(f"{name}.{CONSTANTS}", names["constants"], constants, operator, read, path)
        self.names.append(name)
        return Step(name=name, operator=operator(**read, **arrays), inputs=sources)

    def _input(self, place: Any, path: str) -> str:
        index = check_integer(place, path)
        if not -len(self.inputs) <= index < len(self.names):
            raise FileError(f"{path}: expected the program's input or the index of an earlier step, got {shown(place)}")
        return self.inputs[-1 - index] if index < 0 else self.names[index]

    def _tensor(self, tensor: str, name: str, entry: Any, operator: type, values: Mapping[str, Any], path: str) -> Any:
        path = f"{path}.{name}"
        try:
            expected = coding_of(operator, name, values)
            if type(entry) is int:
                (codes,) = self._shared(entry, name, expected)
                return codes
            kind, bits, extents = _three(entry)
            got = Coding(bits=bits, kind=kind)
            if expected != got:
                raise FileError(f"expected {expected.kind} codes of {expected.bits} bits, got {got.kind} of {got.bits}")
            shape = tuple(check_integer(extent, "shape") for extent in check_list(extents, "shape"))
            codes = got.restore(self._take(tensor), shape)
        except FileError as error:
            raise FileError(f"{path}: {error}") from error
        self.arrays[len(self.names), name] = (got, [codes])
        return codes

    def _constants(
        self, tensor: str, names: list[str], entry: Any, operator: type, values: Mapping[str, Any], path: str
    ) -> dict[str, np.ndarray]:
        path = f"{path}.{CONSTANTS}"
        try:
            codings = {name: coding_of(operator, name, values) for name in names}
            if names and type(entry) is int:
                return dict(zip(names, self._shared(entry, CONSTANTS, codings), strict=True))
            packings = [Packing.read(record) for record in _named(names, entry, "packings").values()]
            rows = cut(self._take(tensor), packings) if names else []
            parts = zip(names, packings, rows, codings.values(), strict=True)
            arrays = [_restored(name, packing, row, coding) for name, packing, row, coding in parts]
        except FileError as error:
            raise FileError(f"{path}: {error}") from error
        self.arrays[len(self.names), CONSTANTS] = (codings, arrays)
        return dict(zip(names, arrays, strict=True))

    def _take(self, tensor: str) -> np.ndarray:
        if tensor not in self.tensors:
            raise FileError(f"expected the tensor {shown(tensor)} in the file, got none of that name")
        return self.tensors.pop(tensor)

    def _shared(self, owner: int, name: str, declared: Any) -> list[np.ndarray]:
        """Arrays of an earlier step, the very same: a file cannot make many of one."""
        got, arrays = self.arrays.get((owner, name), (None, []))
        if got != declared:
            raise FileError(f"expected the index of an earlier step with such {name} of its own, got {shown(owner)}")
        return arrays


def read_steps(kinds: Any, records: Any, tensors: Mapping[str, np.ndarray], inputs: Sequence[str]) -> tuple[Step, ...]:
    """The steps of untrusted JSON and tensors; every tensor must be read."""
    if not is_object(kinds):
        raise FileError(f"kinds: expected an object, got {shown(kinds)}")
    for kind, names in kinds.items():
        if kind not in OPERATORS:
            raise FileError(f"kinds: expected operators of {sorted(OPERATORS)}, got {shown(kind)}: use a newer earnest")
        expected = layout(OPERATORS[kind])
        if names != expected:
            raise FileError(
                f"kinds.{kind}: expected {expected}, got {shown(names)}: "
                "read the file with the version of earnest that wrote it"
            )
    reader = _Reader(kinds, inputs, dict(tensors))
    steps = tuple(reader.step(record, f"steps[{index}]") for index, record in enumerate(check_list(records, "steps")))
    if reader.tensors:
        raise FileError(f"expected every tensor to be read, got {shown(sorted(reader.tensors))} that no operator reads")
    return steps


def _named(names: list[str], values: Any, path: str) -> dict[str, Any]:
    if len(check_list(values, path)) != len(names):
        raise FileError(f"{path}: expected a list of {len(names)}, {names}, got {len(values)}: {shown(values)}")
    return dict(zip(names, values, strict=True))


def _restored(name: str, packing: Packing, row: np.ndarray, coding: Coding) -> np.ndarray:
    try:
        return packing.restore(row, coding)
    except FileError as error:
        raise FileError(f"{name}: {error}") from error


def _three(entry: Any) -> list[Any]:
    if len(check_list(entry, "tensor")) != 3:
        raise FileError(f"expected [coding, bits, shape], got {shown(entry)}")
    return entry
