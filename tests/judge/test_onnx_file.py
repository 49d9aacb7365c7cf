"""The judge of ONNX files: levels, figures, and files that are broken or mean harm."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integer.every_operator import small_program
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.onnx_file import CHEATS, ENTRY, EXIT, HONEST, INTEGERS, PRODUCT, node, proto

from earnest.errors import FileError
from earnest.export.onnx.model import to_onnx
from earnest.judge.onnx_file import RULES, judge_onnx
from earnest.judge.verdict import Verdict

onnx = pytest.importorskip("onnx", reason="needs the extra `onnx`")

LEVELS = {
    "a float model": "none",
    "weights only": "H0",
    "fake quantization": "H1",
    "a dynamic scale": "H2",
    "requantization in float": "H2",
    "a float scale in an integer operator": "H3",
    "float softmax": "H3",
}


def _judge(model: Any, folder: Path) -> Verdict:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return judge_onnx(path)


def _figures(verdict: Verdict) -> dict[str, Any]:
    section = verdict.section("operators")
    assert section is not None
    return section.figures


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_cheats_are_caught(cheat: Cheat, tmp_path: Path):
    verdict = cheat.judge(tmp_path)
    rules = {finding.rule for finding in verdict.failed}
    assert cheat.rule in rules
    if cheat.alone:
        assert rules == {cheat.rule}
    assert str(verdict.level) == LEVELS.get(cheat.name.removeprefix("onnx file: "), str(verdict.level))
    assert verdict.float_operators


@pytest.mark.parametrize("honest", HONEST, ids=lambda honest: honest.name)
def test_the_honest_are_not_accused(honest: Honest, tmp_path: Path):
    verdict = honest.judge(tmp_path)
    assert verdict.failed == []
    assert str(verdict.level) == honest.level


def test_every_rule_has_a_cheat():
    assert {cheat.rule for cheat in CHEATS} == {rule.name for rule in RULES}
    assert {f"onnx file: {name}" for name in LEVELS} <= {cheat.name for cheat in CHEATS}


@pytest.mark.parametrize("products", ["int8", "int32"])
def test_an_exported_program_has_no_float(products: str, tmp_path: Path):
    verdict = _judge(to_onnx(small_program(), products=products), tmp_path)
    assert verdict.failed == []
    assert verdict.float_operators == 0
    assert not any(row["float"] for row in _figures(verdict)["operators"])
    assert not {"float", "double", "float16"} & _figures(verdict)["bytes"].keys()


def test_figures(tmp_path: Path):
    verdict = _judge(proto((*INTEGERS, EXIT)), tmp_path)
    figures = _figures(verdict)
    rows = {row["operator"]: row for row in figures["operators"]}
    assert rows["MatMulInteger"] == {
        "operator": "MatMulInteger",
        "inputs": ["int8", "int8"],
        "outputs": ["int32"],
        "calls": 1,
        "float": False,
    }
    assert rows["QuantizeLinear"]["float"]
    assert verdict.float_operators == 2
    # 36 weights; a float scale, an int8 zero point, and four int32 scalars beside them
    assert figures["bytes"] == {"float": 4, "int8": 37, "int32": 16}
    assert figures["weight_elements"] == 36
    assert verdict.bits_per_weight == 8 * 57 / 36
    assert (figures["inputs"], figures["outputs"]) == ({"x": "float"}, {"y": "float"})


def test_codes_of_four_bits_are_counted_as_they_are_packed(tmp_path: Path):
    model = proto((ENTRY, PRODUCT, *INTEGERS[2:], EXIT))
    (codes,) = [tensor for tensor in model.graph.initializer if tensor.name == "codes"]
    codes.CopyFrom(onnx.helper.make_tensor("packed", onnx.TensorProto.INT4, (6, 6), [3] * 36))
    model.graph.node.insert(0, onnx.helper.make_node("Cast", ["packed"], ["codes"], to=onnx.TensorProto.INT8))
    verdict = _judge(model, tmp_path)
    assert verdict.failed == []
    assert _figures(verdict)["bytes"]["int4"] == 18
    assert verdict.bits_per_weight == 8 * (4 + 1 + 16 + 18) / 36


def test_without_a_product_nothing_is_proved(tmp_path: Path):
    verdict = _judge(proto((node("Identity", "x", "y"),), entry="int8"), tmp_path)
    assert verdict.failed == []
    assert str(verdict.level) == "none"


def test_stated_types_are_not_believed(tmp_path: Path):
    model = proto((node("MatMul", "x weight", "z"), node("Identity", "z", "y")))
    model.graph.value_info.append(onnx.helper.make_tensor_value_info("z", onnx.TensorProto.INT8, None))
    model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.INT8
    verdict = _judge(model, tmp_path)
    assert str(verdict.level) == "none"
    assert verdict.float_operators == 2


def _external(location: str, length: int = 0) -> Callable[[Path], Any]:
    def build(folder: Path) -> Any:
        (folder / "beside.bin").write_bytes(bytes(36 - length))
        (folder.parent / "above.bin").write_bytes(bytes(36))
        model = proto((*INTEGERS, EXIT))
        (codes,) = [tensor for tensor in model.graph.initializer if tensor.name == "codes"]
        codes.ClearField("raw_data")
        codes.data_location = codes.EXTERNAL
        codes.external_data.add(key="location", value=location.format(folder=folder))
        return model

    return build


def test_external_data_beside_the_model(tmp_path: Path):
    verdict = _judge(_external("beside.bin")(tmp_path), tmp_path)
    assert verdict.failed == []
    assert _figures(verdict)["bytes"]["int8"] == 37


def _without(field: str) -> Callable[[Path], Any]:
    def build(folder: Path) -> Any:
        model = proto((*INTEGERS, EXIT))
        target = model if field == "opset_import" else model.graph
        target.ClearField(field)
        return model

    return build


def _endless(folder: Path) -> Any:
    model = proto((*INTEGERS, EXIT), domains=("zoo",))
    for name, other in (("One", "Two"), ("Two", "One")):
        body = [onnx.helper.make_node(other, ["a"], ["b"], domain="zoo")]
        opsets = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("zoo", 1)]
        model.functions.append(onnx.helper.make_function("zoo", name, ["a"], ["b"], body, opsets))
    return model


def _negative(folder: Path) -> Any:
    model = proto((*INTEGERS, EXIT))
    model.graph.initializer[0].dims[0] = -6
    return model


def _disordered(folder: Path) -> Any:
    model = proto((*INTEGERS, EXIT))
    first = model.graph.node.pop(0)
    model.graph.node.append(first)
    return model


def _contradictory(folder: Path) -> Any:
    return proto((node("MatMul", "x row", "z"), node("Reshape", "z row", "y")))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (_external("../above.bin"), "in a file beside the model"),
        (_external("{folder}/../above.bin"), "in a file beside the model"),
        (_external("missing.bin"), "in a file beside the model"),
        (_external("beside.bin", length=1), "expected 36 bytes in beside.bin, got fewer"),
        (_without("node"), "with operators, got none"),
        (_without("opset_import"), "with operators, got none"),
        (_without("initializer"), "which nothing before it makes"),
        (_without("input"), "which nothing before it makes"),
        (_disordered, "which nothing before it makes"),
        (_endless, "calls itself"),
        (_negative, "expected extents of 0 or more"),
    ],
)
def test_broken_and_hostile_files(build: Callable[[Path], Any], message: str, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(FileError, match=message) as caught:
        _judge(build(folder), folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", bytes(range(256)) * 4, b"\x00" * 100])
def test_what_is_no_model(content: bytes, tmp_path: Path):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(FileError, match="expected an ONNX model"):
        judge_onnx(path)
    with pytest.raises(FileError, match="cannot be read"):
        judge_onnx(tmp_path / "missing.onnx")


def test_a_file_cut_short(tmp_path: Path):
    whole = proto((*INTEGERS, EXIT)).SerializeToString()
    for length in range(0, len(whole), 7):
        path = tmp_path / "model.onnx"
        path.write_bytes(whole[:length])
        with pytest.raises(FileError):
            judge_onnx(path)


def test_random_changes_raise_nothing_else(tmp_path: Path):
    whole = bytearray(proto((*INTEGERS, EXIT)).SerializeToString())
    generator = np.random.default_rng(0)
    for _ in range(300):
        changed = bytearray(whole)
        for place in generator.integers(0, len(whole), 3):
            changed[place] = generator.integers(0, 256)
        path = tmp_path / "model.onnx"
        path.write_bytes(changed)
        with suppress(FileError):
            judge_onnx(path)
