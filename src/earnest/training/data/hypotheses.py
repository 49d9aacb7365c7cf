"""Hypotheses of a float model for recordings that nobody transcribed, to train on: pseudo-labels [Kahn 2020,
arXiv:1909.09116, without its filters].

Each recording is transcribed once: a line of JSON is kept for it, in a file known by the hash of model and recordings.
A run that was killed transcribes the rest.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from earnest.errors import EarnestError, TrainingError
from earnest.models import FloatModel, load
from earnest.models.transcription import recognized
from earnest.nn.parallel import each
from earnest.runtime.audio import read_audio
from earnest.speech.librispeech import Utterance, data_sha256
from earnest.training import log
from earnest.training.data.features import Progress


def with_hypotheses(
    utterances: Sequence[Utterance], teacher: str, folder: Path, progress: Progress | None = None
) -> list[Utterance]:
    """The utterances with the hypotheses of the model in `teacher`; an empty one where its tokens were cut off."""
    model = load(teacher)
    content = json.dumps([_model_sha256(model), data_sha256(utterances), [one.id for one in utterances]])
    kept = folder / f"{sha256(content.encode()).hexdigest()[:32]}.hypotheses.jsonl"
    texts = _read(kept, utterances)
    rest = utterances[len(texts) :]

    def hypothesis(utterance: Utterance) -> str:
        try:
            samples = read_audio(utterance.path, model.front_end.sample_rate).samples
            found = recognized(model, model.front_end(samples))
        except EarnestError as error:
            raise TrainingError(f"{utterance.path}: {teacher} cannot transcribe it: {error}") from error
        return "" if found.truncated else found.text

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{folder}: cannot keep hypotheses there: {error.strerror}") from error
    for utterance, text in zip(rest, each(hypothesis, rest), strict=True):
        log.append(kept, {"id": utterance.id, "text": text})
        texts.append(text)
        if progress is not None:
            progress("hypotheses", len(texts), len(utterances))
    return [replace(utterance, text=text) for utterance, text in zip(utterances, texts, strict=True)]


def _read(kept: Path, utterances: Sequence[Utterance]) -> list[str]:
    """What was kept of the first ones, a line that a kill broke off removed."""
    lines = log.read(kept)
    expected = [one.id for one in utterances[: len(lines)]]
    if [line.get("id") for line in lines] != expected or not all(isinstance(line.get("text"), str) for line in lines):
        raise TrainingError(f"{kept}: expected the id and the text of each recording; remove it")
    if len(lines) < len(utterances):
        log.rewrite(kept, lines)
    return [line["text"] for line in lines]


def _model_sha256(model: FloatModel) -> str:
    """Of all that decides what a model recognizes."""
    told = [model.architecture, dict(model.configuration), model.tokens, model.front_end, model.recognition]
    digest = sha256(repr([told, model.tokens.pieces]).encode())
    for name, tensor in sorted(model.module.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return digest.hexdigest()
