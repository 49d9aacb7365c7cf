"""Modules on which a careless capture goes wrong in silence: each gives an honest result, or is refused by name."""

from collections.abc import Callable

import pytest
import torch
from tests.swapping.modules import FEATURES, check_whole_way, inputs, swapped
from torch import Tensor, nn
from torch.nn import functional

from earnest.errors import CaptureError, ProgramError
from earnest.integer.program.program import INPUT
from earnest.nn.model import TwinModel
from earnest.swapping import conversion, fidelity
from earnest.swapping.swap import swap
from earnest.swapping.trace.flat import Flat


class Small(nn.Module):
    """A linear, a convolution, norms, and a forward that a test gives."""

    def __init__(self, way: Callable[["Small", Tensor], Tensor]) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.way = way
        self.lin = nn.Linear(FEATURES, 8)
        self.out = nn.Linear(8, 8)
        self.conv = nn.Conv1d(FEATURES, 8, 3, padding=1)
        self.bn = nn.BatchNorm1d(8)
        self.bn2d = nn.BatchNorm2d(2)
        self.drop = nn.Dropout(0.1)
        self.one = nn.Parameter(torch.full((1, 1, 1, 1), 1.5))
        self.square = nn.Parameter(torch.randn(128, 128, generator=generator))
        self.wide = nn.Linear(FEATURES, 128)
        self.bn.running_var.uniform_(0.5, 2.0, generator=generator)
        self.bn.running_mean.normal_(generator=generator)
        self.bn2d.running_mean.normal_(generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.way(self, x)


def _view_overwritten(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    h[:, :, :4].mul_(3)
    return m.out(h)


def _relu_of_view(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    h.view(h.shape[0], -1).relu_()
    return m.out(h)


def _read_before_and_after(m: Small, x: Tensor) -> Tensor:
    h = m.conv(x.transpose(1, 2))
    return (m.bn(m.drop(h)) + h).transpose(1, 2)


def _norm_of_other_axis(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return m.bn2d(h.view(h.shape[0], h.shape[1], 2, 4).transpose(1, 2)).transpose(1, 2).reshape(h.shape)


def _values_by_length(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) + torch.arange(x.shape[1], dtype=torch.float32).sum().reshape(1, 1, 1).expand(1, 1, 8) / 1000


def _fewer_queries(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return functional.scaled_dot_product_attention(h[:, 3:], h, h, is_causal=True)


def _scaled_by_length(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) * (x.shape[1] ** -0.5)


def _middle(m: Small, x: Tensor) -> Tensor:
    return m.lin(x)[:, x.shape[1] // 2]


REFUSED = {
    _view_overwritten: r"aten\.mul_\.Tensor overwrites a value that others may read",
    _relu_of_view: r"aten\.relu_\.default overwrites a value that others may read",
    _values_by_length: "depend on the length of the input",
    _fewer_queries: "is causal with fewer queries than keys",
    _scaled_by_length: r"aten\.mul\.Tensor .*\(.*test_adversaries\.py:\d+\)",
    _middle: r"aten\.select\.int has a form that is not supported",
}


@pytest.mark.parametrize("way", REFUSED, ids=lambda way: way.__name__)
def test_refused(way: Callable[[Small, Tensor], Tensor]):
    with pytest.raises(CaptureError, match=REFUSED[way]):
        swap(Small(way).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def _rank_by_product(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) * m.one


def _rank_by_sum(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) + torch.zeros(1, 1, 1, 1)


def _with_itself(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return m.out(h + h)


def _read_and_returned(m: Small, x: Tensor) -> Tensor:
    h = m.out(m.lin(x))
    return h + torch.relu(h)


def _trimmed(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return m.out(h[:, 1:-1] + h[:, 2:])


@pytest.mark.parametrize(
    "way",
    [
        _read_before_and_after,
        _norm_of_other_axis,
        _rank_by_product,
        _rank_by_sum,
        _with_itself,
        _read_and_returned,
        _trimmed,
    ],
    ids=lambda way: way.__name__,
)
def test_whole_way(way: Callable[[Small, Tensor], Tensor]):
    check_whole_way(Small(way).eval())


def _wide_sum(m: Small, x: Tensor) -> Tensor:
    h = m.wide(x)
    return h + h @ m.square


def test_accumulator_that_may_not_fit_is_rounded():
    """A 16-bit operand of depth 128 passes 24 bits: handed on, it would saturate in silence."""
    twin = check_whole_way(Small(_wide_sum).eval())
    (product,) = [twin.twin(call.name) for call in twin.calls if twin.twin(call.name).kind == "matmul"]
    assert product.output.bits == 16


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch):
    """The net under all rules: a rule that takes tanh for ReLU."""
    wrong = {**conversion.RULES, "aten.tanh.default": conversion.RULES["aten.relu.default"]}
    monkeypatch.setattr(conversion, "RULES", wrong)
    with pytest.raises(CaptureError, match="differs from the model by"):
        swap(Small(lambda m, x: torch.tanh(m.lin(x))).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def test_small_outputs_are_compared_at_their_own_size(monkeypatch: pytest.MonkeyPatch):
    wrong = {**conversion.RULES, "aten.tanh.default": conversion.RULES["aten.relu.default"]}
    monkeypatch.setattr(conversion, "RULES", wrong)
    with pytest.raises(CaptureError, match="differs from the model by"):
        swap(Small(lambda m, x: torch.tanh(m.lin(x)) * 1e-6).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)
    assert fidelity.TOLERANCE < 0.01


def test_form_that_a_rule_did_not_foresee(monkeypatch: pytest.MonkeyPatch):
    def clumsy(converter: object, node: Flat) -> None:
        raise TypeError("unforeseen")

    monkeypatch.setattr(conversion, "RULES", {**conversion.RULES, "aten.tanh.default": clumsy})
    with pytest.raises(
        CaptureError, match=r"aten\.tanh\.default has a form that is not supported \(TypeError: unforeseen"
    ):
        swap(Small(lambda m, x: torch.tanh(m.lin(x))).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


@pytest.mark.parametrize("name", ["report", "calls", INPUT])
def test_names_that_clash(name: str):
    model = nn.Sequential()
    model.add_module(name, nn.Linear(FEATURES, 3))
    with pytest.raises(ProgramError, match=f"'{name}' is a name that a model of twins needs itself"):
        swap(model.eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def test_lengths_beyond_the_proof():
    twin = swapped(Small(_with_itself))
    assert isinstance(twin, TwinModel)
    (x,) = inputs((twin.longest + 1,))
    with pytest.raises(ProgramError, match="to 200 frames, got 201"):
        twin(x)
