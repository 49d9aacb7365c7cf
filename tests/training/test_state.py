"""The state of a run: what is kept is all of it, what decays are matrices, and the mean follows the weights."""

import pytest
import torch
from torch import nn

from earnest.errors import TrainingError
from earnest.training.float.run import groups
from earnest.training.specification import Descent
from earnest.training.state import Group, State, average_, new_state, set_rate_

DESCENT = Descent(steps=10, rate=0.1, last_rate=0.1, warmup=1, decay=0.5, clip=1.0, average=0.9)


def module() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def initial_state(network: nn.Module) -> State:
    state = new_state(network, groups(network, DESCENT))
    set_rate_(state, DESCENT.rate)
    return state


def advance(state: State, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    state.optimizer.zero_grad()
    state.module(torch.randn(5, 3, generator=generator)).square().sum().backward()
    state.optimizer.step()
    average_(state, DESCENT.average)
    state.step += 1


def test_a_restored_state_goes_on_like_the_one_that_was_kept() -> None:
    state = initial_state(module())
    for seed in range(3):
        advance(state, seed)
    other = initial_state(module())
    other.restore_({name: tensor.clone() for name, tensor in state.tensors().items()}, state.step)
    for seed in (7, 8):
        advance(state, seed)
        advance(other, seed)
    assert state.step == other.step == 5
    found, expected = other.tensors(), state.tensors()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_only_matrices_decay() -> None:
    state = initial_state(module())
    before = {name: tensor.clone() for name, tensor in state.module.named_parameters()}
    for parameter in state.module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    state.optimizer.step()
    for name, tensor in state.module.named_parameters():
        shrunk = 1 - DESCENT.rate * DESCENT.decay if tensor.dim() > 1 else 1.0
        torch.testing.assert_close(tensor.detach(), before[name] * shrunk)


def test_the_mean_follows_fast_at_first_and_keeps_its_share_later() -> None:
    state = initial_state(nn.Linear(1, 1))
    state.average["bias"].fill_(0.0)
    with torch.no_grad():
        state.module.bias.fill_(1.0)  # type: ignore[union-attr]
    average_(state, 0.9)
    assert state.average["bias"].item() == pytest.approx(0.9)
    state.average["bias"].fill_(0.0)
    state.step = 10_000
    average_(state, 0.9)
    assert state.average["bias"].item() == pytest.approx(0.1)


def test_the_state_of_another_model_is_refused() -> None:
    state = initial_state(module())
    advance(state, 0)
    other = initial_state(nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2)))
    with pytest.raises(TrainingError, match="another one's"):
        other.restore_(state.tensors(), 1)
    with pytest.raises(TrainingError, match="another one's"):
        initial_state(module()).restore_({}, 1)


def test_a_device_that_is_full_is_not_taken_for_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    state = initial_state(module())
    advance(state, 0)
    kept = state.tensors()

    def full(*_args: object, **_others: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.Tensor, "to", full)
    with pytest.raises(torch.OutOfMemoryError):
        initial_state(module()).restore_(kept, 1)


def test_a_group_learns_at_its_share_of_the_rate() -> None:
    network = nn.Linear(2, 1)
    state = new_state(network, [Group(parameters=[network.weight]), Group(parameters=[network.bias], share=0.25)])
    set_rate_(state, 0.4)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    network(torch.ones(3, 2)).sum().backward()
    state.optimizer.step()
    moved = [(now - then).abs().max().item() for now, then in zip(network.parameters(), before, strict=True)]
    assert moved == pytest.approx([0.4, 0.1])


def test_a_group_without_a_share_stays_and_counts_in_no_norm() -> None:
    network = nn.Linear(2, 1)
    state = new_state(network, [Group(parameters=[network.weight], share=0.0), Group(parameters=[network.bias])])
    set_rate_(state, 0.4)
    before = network.weight.detach().clone()
    network(torch.ones(3, 2)).sum().backward()
    assert torch.nn.utils.clip_grad_norm_(network.parameters(), 9.0).item() == pytest.approx(3.0)
    state.optimizer.step()
    assert torch.equal(network.weight, before)
    other = nn.Linear(2, 1)
    taken = new_state(other, [Group(parameters=[other.weight], share=0.0), Group(parameters=[other.bias])])
    taken.restore_(state.tensors(), 1)
    assert torch.equal(other.weight, before)


def test_the_last_mean_with_the_fewest_errors_is_chosen_and_kept() -> None:
    state = initial_state(module())
    assert state.chosen is state.average
    advance(state, 0)
    state.validated_(3)
    expected = {name: tensor.clone() for name, tensor in state.average.items()}
    for seed, errors in ((1, 4), (2, 5)):
        advance(state, seed)
        state.validated_(errors)
    other = initial_state(module())
    other.restore_(state.tensors(), state.step, state.fewest)
    for one in (state, other):
        assert one.fewest == 3
        assert all(torch.equal(one.chosen[name], tensor) for name, tensor in expected.items())
    assert not torch.equal(state.average["0.weight"], expected["0.weight"])
    state.validated_(3)
    assert torch.equal(state.chosen["0.weight"], state.average["0.weight"])


@pytest.mark.parametrize("lost", ["exp_avg.0.bias", "step.0.bias"])
def test_moments_may_be_absent_where_no_gradient_was_alone(lost: str) -> None:
    state = initial_state(module())
    state.optimizer.zero_grad()
    state.module[2].weight.square().sum().backward()  # type: ignore[index]
    state.optimizer.step()
    kept = {name: tensor.clone() for name, tensor in state.tensors().items()}
    with pytest.raises(TrainingError, match="expected the state of this model"):
        initial_state(module()).restore_(kept, 1)
    undrawn = [name for name, _ in module().named_parameters() if name != "2.weight"]
    other = new_state(network := module(), groups(network, DESCENT), undrawn)
    other.restore_(kept, 1)
    assert other.tensors().keys() == kept.keys()
    advance(state, 3)
    whole = {name: tensor for name, tensor in state.tensors().items() if name != lost}
    with pytest.raises(TrainingError, match="expected the state of this model"):
        other.restore_(whole, 2)
