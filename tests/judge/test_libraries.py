"""Libraries as they come: the level that is proved of each, and what stays float."""

import warnings
from pathlib import Path

import pytest
from tests.judge.zoo import libraries
from tests.judge.zoo.cheat import Cheat

from earnest.judge.onnx_file import judge_onnx
from earnest.judge.running import judge_running
from earnest.judge.verdict import Verdict

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs


def _library(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(name, reason="needs the extra `zoo`", exc_type=ImportError)


def _real(verdict: Verdict) -> set[str]:
    section = verdict.section("trace") or verdict.section("operators")
    assert section is not None
    return {row["operator"] for row in section.figures["operators"] if row["float"]}


def _rules(verdict: Verdict) -> set[str]:
    return {finding.rule for finding in verdict.failed}


def _products(verdict: Verdict) -> dict[str, int]:
    section = verdict.section("trace")
    assert section is not None
    return section.figures["products"]


@pytest.mark.parametrize("cheat", libraries.CHEATS, ids=lambda cheat: cheat.name)
def test_arithmetic_of_papers(cheat: Cheat, tmp_path: Path):
    verdict = cheat.judge(tmp_path)
    assert cheat.rule in _rules(verdict)
    assert "no-float-operators" in _rules(verdict)


def test_float_model_is_nothing():
    verdict = judge_running(libraries.Block(convolves=True), libraries.UTTERANCES)
    assert str(verdict.level) == "none"
    assert _products(verdict).keys() == {"real"}


def test_torchao_dynamic():
    _library("torchao")
    verdict = judge_running(libraries.torchao_dynamic(convolves=False), libraries.UTTERANCES)
    assert str(verdict.level) == "H0"
    assert _rules(verdict) == {"quantized-activations", "no-float-operators", "static-scales"}
    assert {"aten.native_layer_norm", "aten._softmax", "aten.bmm", "aten.add"} <= _real(verdict)
    assert _products(verdict) == {"codes": 20, "real": 8}
    assert {finding.where for finding in verdict.failed if finding.rule == "quantized-activations"} == {
        "model: aten.bmm"
    }


def test_torchao_dynamic_leaves_convolutions():
    _library("torchao")
    verdict = judge_running(libraries.torchao_dynamic(convolves=True), libraries.UTTERANCES)
    assert str(verdict.level) == "none"
    assert [f.where for f in verdict.failed if f.rule == "quantized-weights"] == ["conv: aten.convolution"]


def test_torchao_weights():
    _library("torchao")
    verdict = judge_running(libraries.torchao_weights(), libraries.UTTERANCES)
    assert str(verdict.level) == "H0"
    assert _rules(verdict) == {"quantized-activations", "no-float-operators"}
    assert _products(verdict) == {"real": 28}


@pytest.mark.parametrize("activations", [False, True])
def test_quanto(activations: bool):
    _library("optimum.quanto")
    verdict = judge_running(libraries.quanto(activations=activations), libraries.UTTERANCES)
    assert str(verdict.level) == "H0"
    assert "known-operators" in _rules(verdict)
    assert {"aten.native_layer_norm", "aten._softmax", "aten.bmm", "quanto.qbytes_mm"} <= _real(verdict)
    assert ("grid" in _products(verdict)) == activations


def test_brevitas_attention():
    _library("brevitas.nn")
    verdict = judge_running(libraries.brevitas_attention(), libraries.UTTERANCES)
    assert str(verdict.level) == "H1"
    assert _rules(verdict) == {"integer-products", "no-float-operators"}
    assert "aten._softmax" in _real(verdict)
    assert _products(verdict) == {"grid": 16}


@pytest.mark.parametrize("convolves", [False, True])
def test_onnxruntime_dynamic(convolves: bool, tmp_path: Path):
    _library("onnxruntime.quantization")
    verdict = judge_onnx(libraries.onnxruntime_dynamic(tmp_path, convolves=convolves, attends=False))
    assert str(verdict.level) == "H0"
    assert {f.where for f in verdict.failed if f.rule == "quantized-activations"} == {"/MatMul", "/MatMul_1"}
    assert {"static-scales", "no-float-glue", "no-float-operators"} <= _rules(verdict)
    assert {"LayerNormalization", "Softmax", "MatMul"} <= _real(verdict)
    assert ("Sigmoid" in _real(verdict)) == convolves


def test_onnxruntime_dynamic_with_attention(tmp_path: Path):
    _library("onnxruntime.quantization")
    verdict = judge_onnx(libraries.onnxruntime_dynamic(tmp_path, convolves=True, attends=True))
    assert str(verdict.level) == "H2"
    assert _rules(verdict) == {"static-scales", "no-float-glue", "no-float-operators"}
    assert {"LayerNormalization", "Softmax", "Sigmoid"} <= _real(verdict)
    assert "MatMul" not in _real(verdict)
