"""The real Conformer, the whole way: equal codes at every tensor and on every instruction set, file sizes, no float in
the file, the same bytes.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from earnest.engine import NativeBackend, available_isas
from earnest.file import dumps, open_program, save
from earnest.models import FloatModel, load
from earnest.nn.comparison import differences, first_difference
from earnest.pipeline import Quantized, calibration_features, quantize
from earnest.runtime.audio import read_audio
from earnest.runtime.recognizer import Recognizer
from earnest.runtime.reference import ReferenceBackend
from earnest.speech.librispeech import read_split, select

pytestmark = pytest.mark.slow

UTTERANCES, FEW = 50, 6
CALIBRATION = 8
FILE_RATIO = {"w8a8": 0.27, "w4a8": 0.15}


@pytest.fixture(scope="module")
def model(shared_data: Path) -> FloatModel:
    """The pretrained Conformer-CTC."""
    return load(shared_data / "models" / "stt_en_conformer_ctc_small")


def _quantize(model: FloatModel, shared_data: Path, recipe: str, target: str) -> Quantized:
    folder = shared_data / "librispeech" / "train-clean-100-audio-only"
    chosen = select(read_split(folder, transcripts="absent"), CALIBRATION)
    return quantize(model, recipe, target, [utterance.path for utterance in chosen], name="conformer")


@pytest.fixture(scope="module")
def quantized(model: FloatModel, shared_data: Path) -> Quantized:
    """w8a8 on int8x16."""
    return _quantize(model, shared_data, "w8a8", "int8x16")


def test_no_code_differs_at_any_tensor(model: FloatModel, quantized: Quantized, shared_data: Path):
    utterances = select(read_split(shared_data / "librispeech" / "dev-clean", transcripts="required"), UTTERANCES)
    backend = ReferenceBackend(quantized.program)
    for utterance in utterances:
        (features,) = calibration_features(model, [utterance.path])
        found = differences(quantized.twin, backend.run, features)
        assert len(found) == len(quantized.program.steps)
        assert first_difference(found) is None, utterance.id


@pytest.mark.parametrize("target", ["int8x16", "int8"])
@pytest.mark.parametrize("recipe", ["w8a8", "w4a8"])
def test_native_equals_reference(model: FloatModel, shared_data: Path, recipe: str, target: str):
    program = _quantize(model, shared_data, recipe, target).program
    reference, recognizer = ReferenceBackend(program), Recognizer(program)
    native = [NativeBackend(program, isa=isa, threads=threads) for isa in available_isas() for threads in (1, 2)]
    utterances = select(read_split(shared_data / "librispeech" / "dev-clean", transcripts="required"), FEW)
    for utterance in utterances:
        codes = recognizer.codes(read_audio(utterance.path).samples)
        expected = reference.run(codes)
        for backend in native:
            got = backend.run(codes)
            assert got.dtype == expected.dtype
            assert np.array_equal(got, expected), (utterance.id, backend.isa, backend.threads)


def test_float_graph_is_the_model(model: FloatModel, quantized: Quantized):
    from earnest.nn.model import run_real

    features = torch.randn(1, 333, 80, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(run_real(quantized.twin, features), model.module(features), atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize(("recipe", "target"), [("w8a8", "int8x16"), ("w4a8", "int8x16"), ("w8a8", "int8")])
def test_file(model: FloatModel, shared_data: Path, tmp_path: Path, recipe: str, target: str):
    first = _quantize(model, shared_data, recipe, target)
    assert dumps(first.program) == dumps(_quantize(model, shared_data, recipe, target).program)
    path = tmp_path / "program.earnest"
    save(first.program, path)
    parameters = sum(parameter.numel() for parameter in model.module.parameters())
    assert path.stat().st_size <= FILE_RATIO[recipe] * 4 * parameters
    with safe_open(path, framework="numpy") as file:
        kinds = {file.get_tensor(name).dtype.kind for name in file.keys()}  # noqa: SIM118
    assert kinds <= {"i", "u"}
    loaded = open_program(path)
    codes = np.zeros((1, 80, 80), dtype=np.int8)
    assert np.array_equal(ReferenceBackend(loaded).run(codes), ReferenceBackend(first.program).run(codes))
