"""What a training run is at one step: weights, their running mean, the optimiser's moments, and the step.

Everything else (batches, masks, dropout, rate) follows from the seed and the step, so this state is all that has to be
kept to go on as if nothing had happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earnest.errors import TrainingError
from earnest.training.device import CPU

MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What torch's AdamW keeps of every weight that has had a gradient; steps are counted on the CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Parameters that learn at a share of the rate, and how much they decay."""

    parameters: Sequence[nn.Parameter]
    share: float = 1.0
    decay: float = 0.0


@dataclass(slots=True, kw_only=True)
class State:
    """`average` has the names of the module's own state; whole numbers in it are copies. `best` is what it was at the
    validated step with the `fewest` word errors. Parameters in `without_gradient` need not have had one yet.
    """

    module: nn.Module
    optimizer: torch.optim.AdamW
    average: dict[str, Tensor]
    step: int
    best: dict[str, Tensor] | None = None
    fewest: int | None = None
    without_gradient: frozenset[str] = frozenset()

    @property
    def chosen(self) -> dict[str, Tensor]:
        """What a run makes: the best that was validated, or the last."""
        return self.average if self.best is None else self.best

    def validated_(self, errors: int) -> None:
        """Keep the mean if no step before had fewer word errors."""
        if self.fewest is None or errors <= self.fewest:
            self.best, self.fewest = {name: tensor.clone() for name, tensor in self.average.items()}, errors

    def tensors(self) -> dict[str, Tensor]:
        """Everything but the step and the count of errors, by names that tell what it is."""
        found = {f"weights.{name}": tensor for name, tensor in self.module.state_dict().items()}
        found |= {f"average.{name}": tensor for name, tensor in self.average.items()}
        found |= {f"best.{name}": tensor for name, tensor in (self.best or {}).items()}
        for name, parameter in self.module.named_parameters():
            kept = self.optimizer.state[parameter]
            found |= {f"{moment}.{name}": kept[moment] for moment in MOMENTS if moment in kept}
        return found

    def restore_(self, tensors: Mapping[str, Tensor], step: int, fewest: int | None = None) -> None:
        """Take over what `tensors` gave. TrainingError where a tensor is missing or has another shape."""
        try:
            self.module.load_state_dict({name: tensors[f"weights.{name}"] for name in self.average})
            self.average = {
                name: tensors[f"average.{name}"].to(mean.device, copy=True) for name, mean in self.average.items()
            }
            self.best = None if fewest is None else {name: tensors[f"best.{name}"].clone() for name in self.average}
            for name, parameter in self.module.named_parameters():
                if name not in self.without_gradient or any(f"{key}.{name}" in tensors for key in MOMENTS):
                    self.optimizer.state[parameter] = {
                        key: tensors[f"{key}.{name}"].to(CPU if key == "step" else parameter.device, copy=True)
                        for key in MOMENTS
                    }
        except torch.OutOfMemoryError:
            raise
        except (KeyError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise TrainingError(f"expected the state of this model, got another one's: {reason}") from error
        self.step, self.fewest = step, fewest


def new_state(module: nn.Module, groups: Sequence[Group], without_gradient: Iterable[str] = ()) -> State:
    """The state before the first step; some parameters may be `without_gradient` for steps on end. A group whose share
    is 0 has no gradient at all: it counts in no norm.
    """
    for parameter in [one for group in groups if group.share == 0 for one in group.parameters]:
        parameter.requires_grad = False
    made = [
        {"params": list(group.parameters), "weight_decay": group.decay, "share": group.share}
        for group in groups
        if group.parameters and group.share > 0
    ]
    still = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    optimizer = torch.optim.AdamW(made, betas=(0.9, 0.98), eps=1e-9)
    average = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
    return State(
        module=module,
        optimizer=optimizer,
        average=average,
        step=0,
        without_gradient=frozenset(without_gradient) | still,
    )


def set_rate_(state: State, rate: float) -> None:
    """The rate of the next step, of which each group has its share."""
    for group in state.optimizer.param_groups:
        group["lr"] = rate * group["share"]


@torch.no_grad()
def average_(state: State, keep: float) -> None:
    """Move the mean towards the weights: `keep` of it stays, less in the first steps, so that it starts at once."""
    keep = min(keep, (1 + state.step) / (10 + state.step))
    for name, tensor in state.module.state_dict().items():
        mean = state.average[name]
        if mean.is_floating_point():
            mean.lerp_(tensor, 1.0 - keep)
        else:
            mean.copy_(tensor)
