"""Families at the size of their published base models, up to some 100 million parameters, with random weights: the
native engine gives the codes of the twins, and they stay close to the float model. And what quantizing one needs.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from earnest.engine import NativeBackend
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.nn.comparison import decibel, program_inputs
from earnest.nn.lowering import lower
from earnest.zoo.coverage import quantized_family
from earnest.zoo.family import SAMPLES_OF_A_FRAME, Family
from earnest.zoo.published import PUBLISHED
from synthetic import RATE, tone

hub: Any = pytest.importorskip("transformers")
pytestmark = pytest.mark.slow

TARGET, LEAST_DECIBEL = "int8x16", 20.0
MEASURED = (0.26, 0.5, 0.76)
"""Lengths, as shares of the longest: 4 s."""

MOST_BYTES = 4_000_000_000
RECORDINGS, SECONDS = 32, 5.0

WHOLE = [each for each in PUBLISHED.values() if each.part == "all"]


@pytest.mark.parametrize("published", WHOLE, ids=lambda each: each.name)
def test_the_engine_gives_the_codes_of_the_twins(published: Family) -> None:
    module = published.module()
    size = sum(parameter.numel() for parameter in module.parameters())
    assert 2e7 < size < 1.3e8
    twin = quantized_family(published, module, "w8a8", TARGET)
    program = lower(twin, {})
    verify(program, load_target(TARGET))
    native = NativeBackend(program)
    longest = published.longest // (SAMPLES_OF_A_FRAME if published.features is None else 1)
    lengths = set()
    for inputs in published.inputs(tuple(round(share * longest) for share in MEASURED), 1):
        with torch.no_grad():
            expected = twin.codes(inputs).numpy()
            read = list(twin.read(inputs).values())
            ratio = decibel(module(*read), twin(*read))
        assert int(np.count_nonzero(native.run(*program_inputs(twin, inputs)) != expected)) == 0
        assert ratio >= LEAST_DECIBEL
        lengths.add(read[0].shape[1])
    assert len(lengths) == (len(MEASURED) if published.frames is None else 1)


def test_quantizing_95_million_parameters_fits_in_memory(tmp_path: Path) -> None:
    """The time is what `--durations` tells, for it is that of this machine."""
    folder, heard = tmp_path / "base", tmp_path / "speech" / "1" / "2"
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVKXJQZ'"]
    folder.mkdir()
    heard.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({letter: index for index, letter in enumerate(letters)}))
    torch.manual_seed(0)
    model = hub.Wav2Vec2ForCTC(hub.Wav2Vec2Config(vocab_size=len(letters), pad_token_id=0))
    assert sum(parameter.numel() for parameter in model.parameters()) > 9.4e7
    for part in (model, hub.Wav2Vec2CTCTokenizer(str(folder / "vocab.json")), hub.Wav2Vec2FeatureExtractor()):
        part.save_pretrained(folder)
    del model
    for number in range(RECORDINGS):
        soundfile.write(heard / f"1-2-{number:04d}.flac", tone(number, SECONDS), RATE)
    line = [sys.executable, "-m", "earnest.cli", "quantize", folder, "--recipe", "w8a8", "--target", TARGET]
    line += ["--calibrate", tmp_path / "speech", "--calibration-limit", RECORDINGS, "-o", tmp_path / "base.earnest"]
    subprocess.run([*map(str, line), "--quiet"], check=True)
    assert 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MOST_BYTES
