"""What a float model hears in recordings that nobody transcribed, to train on: pseudo-labels [Kahn 2020,
arXiv:1909.09116, without its filters]. It hears once; what it heard is kept in a file known by the hash of model
and recordings.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from earnest.errors import TrainingError
from earnest.file.whole import write_whole
from earnest.models import FloatModel, load
from earnest.models.hearing import recognised
from earnest.nn.parallel import each
from earnest.runtime.audio import read_audio
from earnest.speech.librispeech import Utterance, data_sha256

Progress = Callable[[str, int, int], None]


def transcribed(
    utterances: Sequence[Utterance], teacher: str, folder: Path, progress: Progress | None = None
) -> list[Utterance]:
    """The utterances with what the model in `teacher` hears, which may be nothing."""
    model = load(teacher)
    content = json.dumps([model_sha256(model), data_sha256(utterances)])
    kept = folder / f"{sha256(content.encode()).hexdigest()[:32]}.hypotheses.json"

    def heard(utterance: Utterance) -> str:
        samples = read_audio(utterance.path, model.front_end.sample_rate).samples
        return recognised(model, model.front_end(samples)).text

    def told(done: int) -> None:
        if progress is not None:
            progress("hypotheses", done, len(utterances))

    try:
        if not kept.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(kept, json.dumps(list(each(heard, utterances, told))).encode())
        texts = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{kept}: cannot keep hypotheses there: {error}") from error
    if not isinstance(texts, list) or len(texts) != len(utterances) or not all(isinstance(text, str) for text in texts):
        raise TrainingError(f"{kept}: expected a list of {len(utterances)} texts; remove it")
    return [replace(utterance, text=text) for utterance, text in zip(utterances, texts, strict=True)]


def model_sha256(model: FloatModel) -> str:
    """The SHA-256 (hex) of all that decides what a model hears: weights, configuration, tokens and front end."""
    told = [model.architecture, model.configuration, model.tokens.pieces, model.front_end.to_dict()]
    digest = sha256(json.dumps(told, sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.module.state_dict().items()):
        digest.update(name.encode() + b"\0")
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return digest.hexdigest()
