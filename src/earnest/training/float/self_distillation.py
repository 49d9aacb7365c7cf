"""Self-distillation: a float model taught by itself, which is what quantization-aware training has to be compared with.

It is trained on the same utterances in the same order, under the same loss and schedule; only nothing is rounded.
"""

import copy
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from earnest.errors import TrainingError
from earnest.models import FloatModel, load, save
from earnest.models.checkpoint import conformer_model
from earnest.models.conformer.conformer import Conformer
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.training.float.validation import count_word_errors
from earnest.training.loop import Callbacks, Counted
from earnest.training.specification import SelfDistillation, TaughtDescent
from earnest.training.state import Group, new_state
from earnest.training.taught_run import TaughtRun
from earnest.training.teacher import Outputs, Teacher

SHORTEST = 1
"""Frames of features."""


class SelfDistillationRun(TaughtRun[SelfDistillation]):
    """Batch norms keep their statistics, as the quantized model's do. Its folder has `model/` too."""

    def __init__(self, settings: SelfDistillation, folder: Path, callbacks: Callbacks, device: torch.device) -> None:
        self.settings, self.folder, self.callbacks, self.device = settings, folder, callbacks, device
        self.model, self.results = load(settings.model), (folder / "model" / "model.safetensors",)
        if not isinstance(self.model.module, Conformer):
            raise TrainingError(f"{settings.model}: expected a Conformer-CTC, got {self.model.architecture}")
        self.student = copy.deepcopy(self.model.module)
        shared = groups(self.student, settings.descent)
        self.state = new_state(self.student.to(device), shared)
        self.read_data_(SHORTEST, self.model.longest)
        real = self.model.module.to(device)
        self.teacher = Teacher(lambda features: _outputs(real, features), self.train, device)

    def values(self) -> list[Tensor]:
        """The parameters that learn."""
        return [one for one in self.student.parameters() if one.requires_grad]

    def forward_pass(self, features: Tensor, values: list[Tensor]) -> tuple[Outputs, list[Tensor]]:
        """In evaluation mode, from the parameters themselves, which `torch.autograd.grad` leaves alone."""
        return _outputs(self.student, features), values

    def model_of(self, tensors: dict[str, Tensor]) -> FloatModel:
        """A model of these weights."""
        module = copy.deepcopy(self.student).cpu()
        module.load_state_dict(tensors)
        return conformer_model(module.eval(), self.model.ctc_tokens, NEMO_LOG_MEL, Path("training"))

    def word_errors(self) -> Iterator[Counted]:
        """In torch, on the features that are kept."""
        return count_word_errors(self.model_of(self.state.average), self.validation, self.results[0].name)

    def write(self) -> None:
        """A checkpoint."""
        save(self.model_of(self.state.chosen), self.results[0].parent)


def groups(module: nn.Module, descent: TaughtDescent) -> list[Group]:
    """A weight learns at the share of the rate that its rows' range is, on the average, as its codes would; what has no
    code at `reals` of the rate.
    """
    coded_by = (nn.Linear, nn.Conv1d, nn.Conv2d)
    weights = [one.get_parameter("weight") for one in module.modules() if isinstance(one, coded_by)]
    coded = {id(weight) for weight in weights}
    ranges = [weight.detach().flatten(1).abs().amax(dim=1).mean().item() for weight in weights]
    return [
        *(
            Group(parameters=[weight], share=descent.weights * share, decay=descent.decay)
            for weight, share in zip(weights, ranges, strict=True)
        ),
        Group(parameters=[one for one in module.parameters() if id(one) not in coded], share=descent.reals),
    ]


def _outputs(module: Conformer, features: Tensor) -> Outputs:
    x, positions = module.encoder.pos_enc(module.encoder.pre_encode(features))
    made: dict[str, Tensor] = {}
    for number, layer in enumerate(module.encoder.layers):
        x = layer(x, positions)
        made[f"encoder.layers.{number}"] = x
    logits: Tensor = module.decoder(x)
    return logits, made
