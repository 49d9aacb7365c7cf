"""Training of a float Conformer-CTC. Its folder has `model/` too: the running mean of the weights that was chosen, a
checkpoint as `earnest.models.load` reads it.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from earnest.errors import TrainingError
from earnest.methods.ctc import ctc_loss
from earnest.models import FloatModel, load, save
from earnest.models.checkpoint import build, conformer_model
from earnest.models.conformer.config import VARIANT_KEYS, ConformerConfig
from earnest.models.conformer.conformer import Conformer
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.training.data.features import pad
from earnest.training.data.masks import mask_
from earnest.training.data.material import material
from earnest.training.float.validation import count_word_errors
from earnest.training.loop import Callbacks, Counted, Run
from earnest.training.ranks import world
from earnest.training.specification import Descent, Shape, Training
from earnest.training.state import Group, new_state


class FloatRun(Run[Training]):
    """Losses are in nats a token."""

    def __init__(self, settings: Training, folder: Path, callbacks: Callbacks, device: torch.device) -> None:
        if world() > 1:
            raise TrainingError(f"float training: expected one process, got {world()}: batch norms count a whole batch")
        self.settings, self.folder, self.callbacks, self.device = settings, folder, callbacks, device
        start = None if settings.start is None else load(settings.start)
        module = _module(settings.model, start).to(device)
        self.state = new_state(module, groups(module, settings.descent))
        self.material = material(
            settings, folder / "features", callbacks.progress, tokens=start.ctc_tokens if start else None
        )
        self.train, self.usable = self.material.train, self.material.indices
        self.results = (folder / "model" / "model.safetensors",)

    def batches(self) -> Iterator[list[int]]:
        """Utterances of nearly one length."""
        return self.material.batches(self.settings)

    def descend_(self, indices: list[int]) -> float:
        """The CTC loss; masks and dropout are drawn for the step."""
        features, targets = self._batch(indices)
        torch.manual_seed(int(np.random.SeedSequence([self.settings.seed, self.state.step]).generate_state(1)[0]))
        self.state.module.train()
        short = self.settings.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16) if short else nullcontext():
            logits = self.state.module(features)
        loss = ctc_loss(logits, targets)
        loss.backward()
        return loss.item()

    def _batch(self, indices: list[int]) -> tuple[Tensor, list[list[int]]]:
        generator = np.random.default_rng([self.settings.seed, 2, self.state.step])
        rows = [self.train.of(index) for index in indices]
        for row in rows:
            mask_(row, self.settings.masks, generator)
        return torch.from_numpy(pad(rows)).to(self.device), [self.material.targets[index] for index in indices]

    def model_of(self, means: dict[str, Tensor]) -> FloatModel:
        """The model of means of the weights, in evaluation mode."""
        config = _config(self.settings.model, ConformerConfig().dropout)
        module = build(means, config, "the mean of the weights")
        return conformer_model(module, self.material.tokens, NEMO_LOG_MEL, Path("training"))

    def word_errors(self) -> Iterator[Counted]:
        """In torch, on the features that are kept."""
        return count_word_errors(self.model_of(self.state.average), self.material.validation, self.results[0].name)

    def write(self) -> None:
        """A checkpoint."""
        save(self.model_of(self.state.chosen), self.results[0].parent)


def groups(module: nn.Module, descent: Descent) -> list[Group]:
    """Vectors (biases, norms) do not decay."""
    parameters = list(module.parameters())
    return [
        Group(parameters=[one for one in parameters if one.dim() > 1], decay=descent.decay),
        Group(parameters=[one for one in parameters if one.dim() == 1]),
    ]


def _module(shape: Shape, start: FloatModel | None) -> Conformer:
    """The model before the first step. It may be another variant than the one to start from: what only that one has is
    left out, what only it has is as it begins. TrainingError where that one has another shape.
    """
    config = _config(shape, shape.dropout)
    module = Conformer(config)
    if start is not None:
        found = start.module.config if isinstance(start.module, Conformer) else start.architecture
        varied = {name: getattr(config, name) for name in VARIANT_KEYS}
        if not isinstance(found, ConformerConfig) or replace(found, dropout=shape.dropout, **varied) != config:
            raise TrainingError(f"{start.source}: expected a model of shape {config}, got {found}")
        module.load_state_dict(start.module.state_dict(), strict=False)  # a checkpoint may lack batch norm's counters
    return module


def _config(shape: Shape, dropout: float) -> ConformerConfig:
    return ConformerConfig(**(shape.model_dump() | {"features": NEMO_LOG_MEL.mels, "dropout": dropout}))
