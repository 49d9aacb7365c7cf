"""Training through the law: the loss falls, and what was trained is what is served."""

from collections.abc import Callable

import pytest
import torch
from tests.nn.tiny import WIDTH, Original, differing, inputs, tiny_model
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel

STEPS = 30
OPTIMISERS: dict[str, Callable[[TwinModel], torch.optim.Optimizer]] = {
    "SGD": lambda model: torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
    "Adam": lambda model: torch.optim.Adam(model.parameters(), lr=0.01),
}


def pupil() -> TwinModel:
    """Calibrated, with a margin for what training will add."""
    return calibrate(tiny_model(Original(seed=1), weight_bits=4, margin=2.0), inputs())


def train(optimiser: Callable[[TwinModel], torch.optim.Optimizer]) -> tuple[TwinModel, list[float]]:
    """4-bit twins of a pupil learn what another float model does; the loss before each step and after the last."""
    original = Original()
    model = pupil().train()
    features = torch.randn(4, 12, WIDTH, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        wanted: Tensor = original(features)
    stepper = optimiser(model)
    losses = []
    for _ in range(STEPS + 1):
        loss = (model(features) - wanted).square().mean()
        losses.append(loss.item())
        if len(losses) <= STEPS:
            stepper.zero_grad()
            loss.backward()
            stepper.step()
    return model, losses


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS.keys())
def test_training_lowers_the_loss_and_the_program_is_still_the_twin(
    optimiser: Callable[[TwinModel], torch.optim.Optimizer],
) -> None:
    model, losses = train(optimiser)
    assert losses[-1] < losses[0] / 2
    start = pupil()
    for name in ("block.up", "block.down", "head"):
        trained, untrained = (m.twin(name).law().constants()["weight"] for m in (model, start))
        assert (trained != untrained).any(), f"no code of {name} has moved"
    program = lower(model, {})
    for features in inputs(seed=7):
        assert not any(differing(model, program, 2 * features).values())


def test_training_is_deterministic() -> None:
    first, losses = train(OPTIMISERS["Adam"])
    second, again = train(OPTIMISERS["Adam"])
    assert losses == again
    for (name, a), (_, b) in zip(first.state_dict().items(), second.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
