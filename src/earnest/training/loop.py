"""Float training of a Conformer-CTC, which goes on where it was killed, to the same bytes.

The folder of a run:

    state.safetensors   the last state that was kept (training.checkpoint)
    model/              the running mean of its weights, a checkpoint as `earnest.models.load` reads it
    log.jsonl           losses, rates, norms of gradients, word error rates
    features/           (training.features)
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from earnest.errors import TrainingError
from earnest.methods.ctc import ctc_loss
from earnest.models import FloatModel, load, save
from earnest.models.checkpoint import build, conformer_model
from earnest.models.conformer import Conformer, ConformerConfig
from earnest.nn.parallel import one_torch_thread
from earnest.runtime.front_end import NEMO_LOG_MEL
from earnest.runtime.text import Tokens
from earnest.training import log
from earnest.training.checkpoint import read_checkpoint_, write_checkpoint
from earnest.training.facts import facts
from earnest.training.features import padded
from earnest.training.masks import mask_
from earnest.training.material import Material, material
from earnest.training.schedule import rate
from earnest.training.specification import Shape, Training
from earnest.training.state import State, average_, fresh
from earnest.training.validation import word_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told: `progress` of a stage, `line` of every line of the log."""

    progress: Callable[[str, int, int], None] | None = None
    line: Callable[[dict[str, Any]], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a run: the model's folder, the step that this call started from, the last word errors, and what
    it cost (training.facts).
    """

    model: Path
    started_from: int
    step: int
    validation: list[dict[str, Any]]
    facts: dict[str, int | float]


def train(training: Training, folder: Path, watch: Watch) -> Trained:
    """Train to the last step. TrainingError where the loss is no longer finite, or the folder has another run."""
    with one_torch_thread(), _deterministic():
        start = None if training.start is None else load(training.start)
        torch.manual_seed(training.seed)
        state = fresh(_module(training.model, start), training.descent)
        heard = material(training, folder / "features", watch.progress, tokens=start.tokens if start else None)
        kept = folder / "state.safetensors"
        if kept.exists():
            read_checkpoint_(kept, state, training)
        started = state.step
        log.cut(folder / "log.jsonl", started)
        run = Run(training=training, folder=folder, heard=heard, state=state, watch=watch)
        run.to_the_end()
    lines = log.read(folder / "log.jsonl")
    return Trained(
        model=folder / "model",
        started_from=started,
        step=state.step,
        validation=log.last_validation(lines),
        facts=facts(training, heard, state, lines),
    )


@dataclass(slots=True, kw_only=True)
class Run:
    """One run at work: steps, and what is done every so many of them."""

    training: Training
    folder: Path
    heard: Material
    state: State
    watch: Watch

    def to_the_end(self) -> None:
        """All steps that are still to do."""
        steps, watched = self.training.descent.steps, self.training.watch
        since, sums = time.monotonic(), _Sums()
        for batch in islice(self.heard.batches(self.training), self.state.step, steps):
            sums.add(*self.step(batch))
            done = self.state.step
            if self.watch.progress is not None:
                self.watch.progress("training", done, steps)
            if done % watched.log == 0 or done == steps:
                seconds = (time.monotonic() - since) / sums.steps
                learning = rate(done - 1, self.training.descent)
                self._log({"step": done, **sums.means(), "rate": learning, "seconds": round(seconds, 4)})
            if done % watched.validate_ == 0 or done == steps:
                self.validate()
            if done % watched.keep == 0 or done == steps:
                self.keep()
            if done % watched.log == 0:
                since, sums = time.monotonic(), _Sums()

    def step(self, indices: list[int]) -> tuple[float, float]:
        """One step on these utterances; the loss in nats a token, and the norm of the gradient before it is clipped."""
        descent = self.training.descent
        features, targets = self._batch(indices)
        torch.manual_seed(int(np.random.SeedSequence([self.training.seed, self.state.step]).generate_state(1)[0]))
        self.state.module.train()
        for group in self.state.optimizer.param_groups:
            group["lr"] = rate(self.state.step, descent)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training.precision == "bfloat16"):
            logits = self.state.module(features)
        loss = ctc_loss(logits, targets)
        self.state.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.state.module.parameters(), descent.clip)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise TrainingError(
                f"step {self.state.step}: expected a finite loss, got {loss.item()} with a gradient of norm "
                f"{norm.item()}: lower descent.rate, or give it a longer warmup"
            )
        self.state.optimizer.step()
        average_(self.state, descent.average)
        self.state.step += 1
        return loss.item(), norm.item()

    def _batch(self, indices: list[int]) -> tuple[Tensor, list[list[int]]]:
        generator = np.random.default_rng([self.training.seed, 2, self.state.step])
        rows = [self.heard.train.of(index) for index in indices]
        for row in rows:
            mask_(row, self.training.masks, generator)
        return torch.from_numpy(padded(rows)), [self.heard.targets[index] for index in indices]

    def validate(self) -> None:
        """Count the word errors of the mean of the weights."""
        model = averaged(self.state, self.training.model, self.heard.tokens)
        for place, features in self.heard.validation.items():
            counts = word_errors(model, features)
            line = {"data": Path(place).name, "wer": round(counts.wer, 3), "words": counts.words}
            self._log({"step": self.state.step, **line, "utterances": len(features.utterances)})

    def keep(self) -> None:
        """Write the model, then the state."""
        save(averaged(self.state, self.training.model, self.heard.tokens), self.folder / "model")
        write_checkpoint(self.folder / "state.safetensors", self.state, self.training)

    def _log(self, line: dict[str, Any]) -> None:
        log.append(self.folder / "log.jsonl", line)
        if self.watch.line is not None:
            self.watch.line(line)


@dataclass(slots=True)
class _Sums:
    """Losses and norms since the last line of the log."""

    loss: float = 0.0
    norm: float = 0.0
    steps: int = 0

    def add(self, loss: float, norm: float) -> None:
        self.loss += loss
        self.norm += norm
        self.steps += 1

    def means(self) -> dict[str, float]:
        return {"loss": round(self.loss / self.steps, 5), "norm": round(self.norm / self.steps, 4)}


def averaged(state: State, shape: Shape, tokens: Tokens) -> FloatModel:
    """The model of the mean of the weights, in evaluation mode."""
    module = build(state.average, _config(shape, ConformerConfig().dropout), "the mean of the weights")
    return conformer_model(module, tokens, NEMO_LOG_MEL, Path("training"))


def _module(shape: Shape, start: FloatModel | None) -> Conformer:
    """The model before the first step. TrainingError where the one to start from has another shape."""
    config = _config(shape, shape.dropout)
    module = Conformer(config)
    if start is not None:
        found = start.module.config if isinstance(start.module, Conformer) else start.architecture
        if not isinstance(found, ConformerConfig) or replace(found, dropout=shape.dropout) != config:
            raise TrainingError(f"{start.source}: expected a model of shape {config}, got {found}")
        module.load_state_dict(start.module.state_dict(), strict=False)  # a checkpoint may lack batch norm's counters
    return module


def _config(shape: Shape, dropout: float) -> ConformerConfig:
    return ConformerConfig(**(shape.model_dump() | {"features": NEMO_LOG_MEL.mels, "dropout": dropout}))


@contextmanager
def _deterministic() -> Iterator[None]:
    """Operators that have no deterministic form raise."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(mode=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=before)
