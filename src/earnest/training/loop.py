"""The loop of every training run, which goes on where it was killed, to the same bytes.

The folder of a run has, beside what its kind of training makes:

    state.safetensors   the last state that was kept (training.checkpoint)
    log.jsonl           losses, rates, norms of gradients, word error rates
    features/           (training.data.features)
"""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from earnest.errors import TrainingError
from earnest.nn.parallel import one_torch_thread
from earnest.runtime.description import CalibrationRecording
from earnest.speech.word_errors import WordErrors
from earnest.training import log
from earnest.training.checkpoint import read_checkpoint_, write_checkpoint
from earnest.training.data.features import Features
from earnest.training.device import device_name
from earnest.training.ranks import rank
from earnest.training.schedule import rate
from earnest.training.specification import Settings
from earnest.training.state import State, average_, set_rate_


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Called while a run is at work: `progress` for a stage, `line` for every line of the log."""

    progress: Callable[[str, int, int], None] | None = None
    line: Callable[[dict[str, Any]], None] | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The word errors of what is written as `result`, on all utterances of a corpus."""

    result: str
    data: str
    utterances: int
    errors: WordErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a run: its files, the step that this call started from, the fewest word errors of a step, which are
    those of the files, and what it cost (training.facts).
    """

    results: tuple[Path, ...]
    started_from: int
    step: int
    validation: list[dict[str, Any]]
    facts: dict[str, Any]

    @property
    def result(self) -> Path:
        """The file, the first where recipes share weights."""
        return self.results[0]


AnySettings = TypeVar("AnySettings", bound=Settings[Any])


class Run(ABC, Generic[AnySettings]):
    """One run at work: steps, and what is done every so many of them."""

    settings: AnySettings
    folder: Path
    state: State
    callbacks: Callbacks
    device: torch.device
    """Where a step is computed; what is written and validated is computed on the CPU."""
    train: Features
    usable: list[int]
    """The numbers of the utterances of `train` that are trained on."""
    results: tuple[Path, ...]
    """What is written."""
    earlier_recordings: tuple[CalibrationRecording, ...] = ()
    """Those that the run that this one starts from was trained on, or the state that is taken up."""

    def all_recordings(self) -> tuple[CalibrationRecording, ...]:
        """The recordings that the result names: none of a float model, which has no place for them."""
        return ()

    @abstractmethod
    def batches(self) -> Iterator[list[int]]:
        """The utterances of every step, from the first one on."""

    @abstractmethod
    def descend_(self, indices: list[int]) -> float:
        """The loss of these utterances; its gradient is left at the parameters of the state."""

    @abstractmethod
    def word_errors(self) -> Iterator[Counted]:
        """Of the mean of the weights, on every corpus to validate on."""

    @abstractmethod
    def write(self) -> None:
        """Write what the state's `chosen` mean of the weights is as a model."""

    def to_the_end(self, identity: str) -> int:
        """Take up what was kept, and do all steps that are still to do; the step that it went on from. A result that
        somebody removed is written again. `identity` is the hash of the settings, taken before anything was made of
        them: a recipe may be edited meanwhile.
        """
        kept = self.folder / "state.safetensors"
        if kept.exists():
            self.earlier_recordings = read_checkpoint_(kept, self.state, identity)
        started, steps, intervals = self.state.step, self.settings.descent.steps, self.settings.watch
        if rank() == 0:
            log.cut(self.folder / "log.jsonl", started)
        since, sums = time.monotonic(), _Sums()
        for batch in islice(self.batches(), started, steps):
            sums.add(*self.step(batch))
            done = self.state.step
            if self.callbacks.progress is not None:
                self.callbacks.progress("training", done, steps)
            if done % intervals.log == 0 or done == steps:
                seconds = (time.monotonic() - since) / sums.steps
                learning = rate(done - 1, self.settings.descent)
                told = {"rate": learning, "seconds": round(seconds, 4), "device": device_name(self.device)}
                self._log({"step": done, **sums.means(), **told})
            if done % intervals.validate_ == 0 or done == steps:
                self.validate_()
            if rank() == 0 and (done % intervals.keep == 0 or done == steps):
                self.write()
                write_checkpoint(kept, self.state, identity, self.all_recordings())
            if done % intervals.log == 0:
                since, sums = time.monotonic(), _Sums()
        if rank() == 0 and not all(result.exists() for result in self.results):
            self.write()
        return started

    def step(self, indices: list[int]) -> tuple[float, float]:
        """One step on these utterances; the loss, and the norm of the gradient before it is clipped."""
        state, descent = self.state, self.settings.descent
        set_rate_(state, rate(state.step, descent))
        state.optimizer.zero_grad()
        loss = self.descend_(indices)
        norm = torch.nn.utils.clip_grad_norm_(state.module.parameters(), descent.clip).item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingError(
                f"step {state.step}: expected a finite loss, got {loss} with a gradient of norm {norm}: "
                "lower descent.rate, or give it a longer warmup"
            )
        state.optimizer.step()
        average_(state, descent.average)
        state.step += 1
        return loss, norm

    def validate_(self) -> None:
        """Count the word errors of the mean of the weights, and keep it if they are the fewest so far, those of all
        results together.
        """
        if rank() > 0 or not self.settings.data.validation:
            return
        errors = 0
        for one in self.word_errors():
            told = {"data": one.data, "wer": round(one.errors.wer, 4), "words": one.errors.words}
            named = {"result": one.result} if len(self.results) > 1 else {}
            counts = {"errors": one.errors.errors, "utterances": one.utterances}
            self._log({"step": self.state.step, **named, **told, **counts})
            errors += one.errors.errors
        self.state.validated_(errors)

    def _log(self, line: dict[str, Any]) -> None:
        if rank() > 0:
            return
        log.append(self.folder / "log.jsonl", line)
        if self.callbacks.line is not None:
            self.callbacks.line(line)


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


@contextmanager
def reproducible(seed: int, device: torch.device) -> Iterator[None]:
    """One thread, random numbers from a seed, sums of float32 as such; operators that have no deterministic form raise
    on the CPU, and warn elsewhere.
    """
    before, warns = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    products, short = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.use_deterministic_algorithms(mode=True, warn_only=device.type != "cpu")
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    try:
        with one_torch_thread():
            torch.manual_seed(seed)
            yield
    finally:
        torch.use_deterministic_algorithms(mode=before, warn_only=warns)
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32 = short
