"""A program goes to bytes and comes back; the same program is the same bytes, and there is no float in them."""

import hashlib
import os
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import safetensors
from tests.file.programs import CODES, FIRST, alone, linear, of_case, opened, program, tiny
from tests.integer.cases import CASES

import earnest.file
from earnest.errors import FileError, ProgramError, TargetError
from earnest.file import dumps, load, loads, open_program, save
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.codes import storage
from earnest.integer.law.constant import Constant
from earnest.integer.law.exponential import Exponential
from earnest.integer.law.operator import Operator
from earnest.integer.law.reshape import Reshape
from earnest.integer.packing import packed_size
from earnest.integer.program.program import Program, Step, run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify


def same(left: Operator, right: Operator) -> bool:
    """Equal fields; arrays of equal shape and equal codes, whatever holds them."""
    names = [field.name for field in fields(left)]  # type: ignore[arg-type]
    arrays = left.constants()
    return type(left) is type(right) and all(
        np.array_equal(getattr(left, name), getattr(right, name))
        if name in arrays
        else getattr(left, name) == getattr(right, name)
        for name in names
    )


@pytest.mark.parametrize("kind", CASES)
def test_round_trip_of_every_case(kind):
    for case in CASES[kind]:
        data = dumps(of_case(case))
        (step,) = loads(data).steps
        assert same(step.operator, case.operator), case.name
        assert dumps(of_case(replace(case, operator=step.operator))) == data
        for name, array in step.operator.constants().items():
            bits, signed = step.operator.constant_width(name)
            assert array.dtype == (np.int8 if name == "weight" else storage(bits, signed=signed))
            assert array.flags.writeable
            assert array.flags.c_contiguous
        with np.errstate(all="ignore"):
            results = [o.run(case.inputs, case.symbols, IntegerAccumulation()) for o in (case.operator, step.operator)]
        assert np.array_equal(*results), case.name


def test_round_trip_of_a_program():
    before, after = tiny(), loads(dumps(tiny()))
    assert (after.target, after.input, after.output) == (before.target, before.input, before.output)
    assert after.description == before.description
    assert [(step.name, step.inputs) for step in after.steps] == [(step.name, step.inputs) for step in before.steps]
    assert all(same(a.operator, b.operator) for a, b in zip(before.steps, after.steps, strict=True))
    assert dumps(after) == dumps(before)
    verify(after, load_target(after.target))
    results = [run(each, [CODES], IntegerAccumulation())[0] for each in (before, after)]
    assert np.array_equal(*results)


def test_a_program_without_tensors():
    only = alone(Reshape(shape=(("*", 2, "time"), 1)))
    (step,) = loads(dumps(only)).steps
    assert same(step.operator, only.steps[0].operator)
    assert opened(dumps(only))[1] == {}


def test_the_same_program_is_the_same_bytes():
    """Whatever holds the codes, and however the description is ordered."""
    wide = replace(FIRST, weight=np.asfortranarray(FIRST.weight.astype(np.int64)), bias=FIRST.bias.astype(np.int32))
    other = tiny()
    steps = tuple(replace(step, operator=wide) if step.operator is FIRST else step for step in other.steps)
    shuffled = {key: other.description[key] for key in reversed(list(other.description))}
    assert dumps(replace(other, steps=steps, description=shuffled)) == dumps(tiny())


def test_frozen_bytes():
    """The format, frozen: a change of one byte needs a new version number, and this line."""
    assert hashlib.sha256(dumps(tiny())).hexdigest() == FROZEN


FROZEN = "f26626188ea7f526980cace3d3bec1097862e02c872e2d4141df6cb4692eb840"


def test_no_float_seen_by_the_safetensors_library_alone(tmp_path):
    save(tiny(), tmp_path / "tiny.earnest")
    with safetensors.safe_open(tmp_path / "tiny.earnest", framework="numpy") as file:  # type: ignore[no-untyped-call]
        assert list(file.metadata()) == ["earnest"]
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
    assert kinds == {
        "block.0.linear.weight": "U8",
        "block.0.linear.constants": "U8",
        "block.0.turned.constants": "U8",
        "three.codes": "U8",
    }


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (16, 9)])
def test_weights_of_b_bits_take_b_bits(bits, shape):
    limit = (1 << (bits - 1)) - 1
    weight = np.random.default_rng(bits).integers(-limit, limit, size=shape, endpoint=True)
    data = dumps(alone(linear(weight, bits)))
    tensor = opened(data)[1]["only.weight"]
    assert tensor.nbytes == packed_size(weight.size, bits)
    assert (tensor.dtype, tensor.shape) == ((np.int8, shape) if bits == 8 else (np.uint8, (tensor.nbytes,)))
    assert np.array_equal(loads(data).steps[0].operator.constants()["weight"], weight)


@pytest.mark.parametrize("bits", range(1, 8))
def test_odd_weights_take_b_bits(bits):
    limit = (1 << bits) - 1
    weight = np.arange(-limit, limit + 1, 2).reshape(1, -1).repeat(3, axis=0)
    data = dumps(alone(linear(weight, bits, "odd")))
    tensor = opened(data)[1]["only.weight"]
    assert tensor.shape == (packed_size(weight.size, bits),)
    assert np.array_equal(loads(data).steps[0].operator.constants()["weight"], weight)
    # -limit is the code 0, the next one 1: the first byte says it.
    assert tensor[0] == sum((i % (1 << bits)) << (i * bits) for i in range(min(8, weight.size))) & 255


def test_equal_arrays_are_stored_once():
    manifest, tensors = opened(dumps(tiny()))
    assert manifest["steps"][1][4:] == [[0], 0]
    assert not any(name.startswith("block.0.again") for name in tensors)
    again = loads(dumps(tiny()))
    first, second = (step.operator.constants() for step in again.steps[:2])
    assert all(first[name] is second[name] for name in ("weight", "group_multiplier", "bias", "multiplier", "shift"))


def test_arrays_of_other_codes_are_not_shared():
    """One weight, or one bias, that differs in its last code."""
    weight, bias = FIRST.weight.copy(), FIRST.bias.copy()
    weight[-1, -1], bias[-1] = -1, 7
    operators = [FIRST, replace(FIRST, weight=weight), replace(FIRST, bias=bias)]
    before = program(*(Step(name=str(i), operator=each, inputs=("input",)) for i, each in enumerate(operators)))
    manifest, tensors = opened(dumps(before))
    assert sorted(tensors) == ["0.constants", "0.weight", "1.weight", "2.constants"]
    assert [step[4:] for step in manifest["steps"][1:]] == [
        [[["signed", 3, [3, 2]]], 0],
        [[0], manifest["steps"][2][5]],
    ]
    assert all(same(a.operator, b.operator) for a, b in zip(before.steps, loads(dumps(before)).steps, strict=True))


def test_arrays_of_other_shape_or_width_are_not_shared():
    flat = Constant(codes=np.asarray([1, 2, 3, 4]), bits=8)
    steps = [flat, replace(flat, codes=flat.codes.reshape(2, 2)), replace(flat, bits=16), replace(flat, bits=5), flat]
    data = dumps(program(*(Step(name=str(i), operator=each, inputs=()) for i, each in enumerate(steps))))
    assert sorted(opened(data)[1]) == [f"{i}.codes" for i in range(4)]
    assert [step.operator.constants()["codes"].shape for step in loads(data).steps] == [(4,), (2, 2), (4,), (4,), (4,)]


def test_save_and_load(tmp_path):
    path = tmp_path / "a.earnest"
    save(tiny(), str(path))
    assert path.read_bytes() == dumps(tiny())
    assert dumps(load(str(path))) == dumps(open_program(path)) == path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_what_was_there_stays_where_saving_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.earnest"
    path.write_bytes(b"before")

    def fail(descriptor: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(earnest.file.program.os, "fsync", fail)
    with pytest.raises(FileError, match=r"a\.earnest: expected a place .*no space left"):
        save(tiny(), path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.earnest", b"before")]


@pytest.mark.parametrize("place", ["no/folder/a", "file/a", "folder", "nul\0"])
def test_places_that_hold_no_file(tmp_path, place):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="expected a place"):
        save(tiny(), tmp_path / place)
    with pytest.raises(FileError, match="expected a"):
        load(tmp_path / place)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_file_over_the_limit_is_not_read(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as stream:
        stream.truncate((1 << 32) + 1)
    with pytest.raises(FileError, match="expected at most 4294967296 bytes"):
        load(path)


def test_open_program_verifies(tmp_path):
    path = tmp_path / "a.earnest"
    first = tiny().steps[0]
    wide = replace(FIRST, bias=np.full(3, (1 << 31) - 1))
    save(replace(tiny(), steps=(replace(first, operator=wide), *tiny().steps[1:])), path)
    with pytest.raises(ProgramError, match=r"a\.earnest: block\.0\.linear: the accumulator can reach"):
        open_program(path)
    assert isinstance(load(path), Program)


def test_open_program_with_a_target_of_ones_own(tmp_path):
    path = tmp_path / "a.earnest"
    save(replace(tiny(), target="my-device"), path)
    with pytest.raises(TargetError, match=r"a\.earnest: expected a target of"):
        open_program(path)
    mine = replace(load_target("int8x16"), name="my-device")
    assert dumps(open_program(path, mine)) == path.read_bytes()


UNSAVED = {
    "input that nothing makes": (program(Step(name="a", operator=FIRST, inputs=("b",))), "a: expected inputs that an"),
    "input of its own": (program(Step(name="a", operator=FIRST, inputs=("a",))), "an earlier step makes, got 'a'"),
    "step called input": (program(Step(name="input", operator=FIRST, inputs=())), "every step's name once"),
    "float in the description": (replace(tiny(), description={"a": [1, 0.5]}), r"description\.a\[1\].*float 0\.5"),
    "null": (replace(tiny(), description={"a": None}), "NoneType"),
    "integer key": (replace(tiny(), description={1: 2}), "keys that are strings"),  # type: ignore[dict-item]
    "NumPy integer": (replace(tiny(), output=tiny().output, description={"a": np.int64(3)}), "int64"),
    "long integer": (replace(tiny(), description={"a": 1 << 63}), "64 bits"),
    "half a surrogate pair": (replace(tiny(), description={"a": "\ud800"}), "surrogate"),
    "path as target": (replace(tiny(), target="./int8.toml"), "target: expected a name"),
    "control character": (replace(tiny(), output="a\x1b[2J"), "printable"),
    "doubled step": (program(tiny().steps[0], tiny().steps[0]), "every step's name once"),
    "float array": (alone(replace(FIRST, bias=np.zeros(3))), r"only\.bias: expected a non-empty integer array"),
    "list as array": (alone(replace(FIRST, bias=[0, 0, 0])), r"only\.bias: .*got list"),
    "empty array": (alone(replace(FIRST, bias=np.zeros(0, dtype=int))), r"only\.bias"),
    "bias of 33 bits": (alone(replace(FIRST, bias=np.full(3, 1 << 31))), r"only\.bias: expected signed codes in"),
    "weight beyond its bits": (
        alone(replace(FIRST, weight_bits=2)),
        r"only\.weight: expected signed codes in -2 \.\. 1",
    ),
    "even weight on an odd map": (alone(replace(FIRST, weight_map="odd")), r"only\.weight: expected odd"),
    "unknown map": (alone(replace(FIRST, weight_map="even")), r"only\.weight_map: expected one of"),
    "truth value as integer": (alone(replace(FIRST, zero_point=True)), r"only\.zero_point: expected an integer"),
    "float as integer": (alone(replace(FIRST, zero_point=1.0)), r"only\.zero_point"),
    "integer as truth value": (alone(Exponential(table=np.arange(8), input_bits=3, masked=1)), r"only\.masked"),
    "no dimension": (alone(Reshape(shape=(("-", "time", 1),))), r"only\.shape"),
    "list of dimensions": (alone(Reshape(shape=7)), r"only\.shape: expected a list"),
    "width by a hostile field": (
        alone(replace(FIRST, weight_bits=1 << 40)),
        r"only\.weight: expected signed codes of 1",
    ),
}


@pytest.mark.parametrize("name", UNSAVED)
def test_what_no_file_can_say_is_not_saved(name):
    unsaved, message = UNSAVED[name]
    with pytest.raises(FileError, match=message):
        dumps(unsaved)


def test_what_is_no_operator_is_not_saved():
    class Mine(Reshape):
        kind = "mine"

    class Reshaped(Reshape):
        pass

    for kind in (Mine, Reshaped):
        with pytest.raises(FileError, match=f"got {kind.__name__}"):
            dumps(alone(kind(shape=(1,))))


def test_public_names():
    names = ["FileReport", "dumps", "file_report", "load", "loads", "open_program", "save", "sections"]
    assert earnest.file.__all__ == names
    assert Path(earnest.file.__file__).parent.name == "file"
