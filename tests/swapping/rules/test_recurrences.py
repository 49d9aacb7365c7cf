"""LSTM and GRU of torch: a linear and a recurrence for each layer and direction in every form, or refused by name."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from tests.swapping.modules import FEATURES, check_whole_way, inputs, swapped
from tests.swapping.remembering import KINDS, UNITS, Remembering
from torch import Tensor, nn

from earnest.errors import CaptureError, TargetError
from earnest.nn.comparison import decibel
from earnest.nn.model import run_real
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.recurrence import Recurrence
from earnest.swapping.swap import swap

FORMS: dict[str, dict[str, Any]] = {
    "time first": {},
    "batch first": {"batch_first": True},
    "no biases": {"bias": False, "batch_first": True},
    "three layers with dropout": {"num_layers": 3, "dropout": 0.5},
    "both directions": {"bidirectional": True, "batch_first": True},
    "two layers both ways, time first": {"num_layers": 2, "bidirectional": True},
}


EACH = pytest.mark.parametrize("kind", KINDS)


@EACH
@pytest.mark.parametrize("form", FORMS)
def test_every_form_goes_the_whole_way(kind: str, form: str) -> None:
    """The twins' float pass is torch's own; no code of the program differs from theirs at three lengths."""
    settings = FORMS[form]
    twin = check_whole_way(Remembering(kind, **settings))
    layers, directions = settings.get("num_layers", 1), 2 if settings.get("bidirectional") else 1
    twins = [twin.twin(call.name) for call in twin.calls]
    recurrences = [each for each in twins if isinstance(each, Recurrence)]
    assert [each.reverse for each in recurrences] == [False, True][:directions] * layers
    assert sum(isinstance(each, Linear) for each in twins) == len(recurrences) + 1
    assert all(each.operands[0].bits == 16 and each.output.bits == 8 for each in recurrences)
    assert (recurrences[0].bias is None) == (form == "no biases")


@EACH
@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_codes_come_near_to_the_float_model(kind: str, gain: float) -> None:
    model = Remembering(kind, gain=gain, num_layers=2, bidirectional=True)
    twin = swapped(model)
    with torch.no_grad():
        assert min(decibel(model(x), twin(x)) for x in inputs((50, 90))) > 20


@EACH
def test_last_states_are_slices(kind: str) -> None:
    """Of both directions of a layer, behind each other; the backward one's is that of the first step."""

    def last(memory: nn.Module, x: Tensor) -> Tensor:
        made, others = memory(x)
        states = others[0] if kind == "lstm" else others
        return made + torch.cat(list(states[2:4, :, None]), dim=2)

    check_whole_way(Remembering(kind, last, num_layers=2, bidirectional=True, batch_first=True))


def _from_state(memory: nn.Module, x: Tensor) -> Tensor:
    state = torch.ones((1, x.shape[0], UNITS))
    return memory(x, (state, state) if isinstance(memory, nn.LSTM) else state)[0]


def _from_zeros(memory: nn.Module, x: Tensor) -> Tensor:
    state = torch.zeros((1, x.shape[0], UNITS))
    return memory(x, (state, state) if isinstance(memory, nn.LSTM) else state)[0]


def _packed(memory: nn.Module, x: Tensor) -> Tensor:
    packed = nn.utils.rnn.pack_padded_sequence(x, torch.full((x.shape[0],), 5), batch_first=True)
    return nn.utils.rnn.pad_packed_sequence(memory(packed)[0], batch_first=True)[0]


def _with_cells(memory: nn.Module, x: Tensor) -> Tensor:
    made, (_, cells) = memory(x)
    return made + cells[0][:, None]


@EACH
def test_given_states_of_0_are_none(kind: str) -> None:
    check_whole_way(Remembering(kind, _from_zeros, batch_first=True))


REFUSED: dict[str, tuple[str, Callable[[nn.Module, Tensor], Tensor] | None, dict[str, Any], str]] = {
    "states that are given": ("lstm", _from_state, {}, "starts from states that are given"),
    "a state that is given": ("gru", _from_state, {}, "starts from states that are given"),
    "projections": ("lstm", None, {"proj_size": 4}, "expected proj_size = 0"),
    "cells": (
        "lstm",
        _with_cells,
        {},
        "reads the cells of an LSTM",
    ),
    "a packed sequence": ("gru", _packed, {}, "no packed sequence"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_law_is_refused(name: str) -> None:
    kind, read, form, message = REFUSED[name]
    with pytest.raises(CaptureError, match=message):
        swapped(Remembering(kind, read, batch_first=True, **form))


@EACH
def test_a_target_without_recurrences_refuses_by_name(kind: str) -> None:
    with pytest.raises(TargetError, match=rf"memory.{kind}\[0\]: target int8 has no operator {kind}"):
        swapped(Remembering(kind), "int8")


@EACH
def test_the_float_pass_gives_torchs_gradient(kind: str) -> None:
    """Of a model of float parameters, through every step: what training against the float model reads."""
    model = Remembering(kind, num_layers=2, bidirectional=True, batch_first=True)
    twin, (x,) = swapped(model), inputs((17,))
    run_real(twin, x).square().sum().backward()
    model(x).square().sum().backward()
    found = {id(p): p for call in twin.calls for p in twin.twin(call.name).parameters(recurse=False)}.values()
    expected = [p.grad for p in model.parameters()]
    for parameter in found:
        assert parameter.grad is not None
        close = [g for g in expected if g is not None and g.shape == parameter.grad.shape]
        assert any(torch.allclose(parameter.grad, g, rtol=1e-3, atol=1e-4) for g in close)


@pytest.mark.parametrize(("kind", "recipe"), [*product(KINDS, ("w4a8", "w4a8-best"))])
def test_recipes_know_recurrences(kind: str, recipe: str) -> None:
    twin = swap(Remembering(kind).eval(), recipe, "int8x16", features=FEATURES, longest=100)
    bits = {each.weight_bits for each in twin.modules() if isinstance(each, Recurrence)}
    assert bits == {4}
