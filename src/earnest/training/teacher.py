"""The teacher: the float model's outputs for utterances. Those of utterances without augmentation are kept as float16
in host memory.
"""

import threading
from collections.abc import Callable, Set

import torch
from torch import Tensor

from earnest.methods.blocks import blocks
from earnest.nn.model import TwinModel, run_real
from earnest.training.data.features import Features
from earnest.training.ranks import world

Outputs = tuple[Tensor, dict[str, Tensor]]
"""Of a model for one utterance: logits, and what blocks make, by the names of the values."""

KEPT_BYTES = 4 << 30
"""What all ranks keep at most; what comes later is computed whenever it is asked for."""


class Teacher:
    """`compute` gives the outputs for one input's features. May be asked by several threads."""

    def __init__(self, compute: Callable[[Tensor], Outputs], features: Features, device: torch.device) -> None:
        self.compute, self.features, self.device = compute, features, device
        self.kept: dict[int, Outputs] = {}
        self.left = KEPT_BYTES // world()
        self.lock = threading.Lock()

    @torch.no_grad()
    def outputs(self, index: int) -> Outputs:
        """Of one utterance, as float32 of the float16 that is kept."""
        if index not in self.kept:
            found = self._compute(index)
            size = sum(2 * value.numel() for value in (found[0], *found[1].values()))
            with self.lock:
                if index not in self.kept and size <= self.left:
                    self.left -= size
                    self.kept[index] = found
        else:
            found = self.kept[index]
        logits, made = found
        return self._as_float32(logits), {name: self._as_float32(value) for name, value in made.items()}

    def _as_float32(self, kept: Tensor) -> Tensor:
        return kept.to(self.device).float()

    def _compute(self, index: int) -> Outputs:
        logits, made = self.compute(torch.from_numpy(self.features.of(index))[None].to(self.device))
        return logits.half().cpu(), {name: value.half().cpu() for name, value in made.items()}


def real_outputs(model: TwinModel, names: Set[str]) -> Callable[[Tensor], Outputs]:
    """Logits and the values of these names, by the float operators of twins whose weights no method has rounded."""

    def compute(features: Tensor) -> Outputs:
        values: dict[str, Tensor] = {}

        def observe(name: str, x: Tensor) -> None:
            if name in names:
                values[name] = x

        return run_real(model, features, observe), values

    return compute


def block_outputs(model: TwinModel) -> frozenset[str]:
    """The values that blocks make for others: not the result."""
    return frozenset(name for block in blocks(model) for name in block.makes) - {model.result}
