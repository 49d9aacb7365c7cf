"""Zipformer's BiasNorm as icefall writes it is one operator; what looks alike is something else, or is refused."""

import re
from collections.abc import Callable

import pytest
import torch
from tests.swapping.modules import FEATURES, check_whole_way
from torch import Tensor, nn

from earnest.errors import CaptureError
from earnest.nn.model import TwinModel
from earnest.nn.twins.bias_norm import BiasNorm
from earnest.nn.twins.rms_norm import RmsNorm
from earnest.swapping.swap import swap

CHANNELS = 24
Form = Callable[["Around", Tensor], Tensor]


class Around(nn.Module):
    """A norm in some form between two linears."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        self.inner, self.head = nn.Linear(FEATURES, CHANNELS), nn.Linear(CHANNELS, 5)
        self.bias = nn.Parameter(torch.linspace(-0.4, 0.8, CHANNELS))
        self.weight = nn.Parameter(torch.linspace(0.5, 1.5, CHANNELS))
        self.log_scale = nn.Parameter(torch.tensor(0.3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.form(self, self.inner(x)))


def _icefall(m: Around, x: Tensor) -> Tensor:
    """BiasNorm.forward of icefall's zipformer/scaling.py, scripted."""
    channel_dim = x.ndim - 1
    bias = m.bias
    for _ in range(channel_dim + 1, x.ndim):
        bias = bias.unsqueeze(-1)
    scales = (torch.mean((x - bias) ** 2, dim=channel_dim, keepdim=True) ** -0.5) * m.log_scale.exp()
    return x * scales


class _Function(torch.autograd.Function):
    """BiasNormFunction of the same file, which training and evaluation use."""

    @staticmethod
    def forward(ctx, x: Tensor, bias: Tensor, log_scale: Tensor, channel_dim: int) -> Tensor:
        if channel_dim < 0:
            channel_dim = channel_dim + x.ndim
        scales = (torch.mean((x - bias) ** 2, dim=channel_dim, keepdim=True) ** -0.5) * log_scale.exp()
        ans = x * scales
        ctx.save_for_backward(x, scales.detach(), bias.detach(), log_scale.detach())
        return ans


def _of_a_function(m: Around, x: Tensor) -> Tensor:
    return _Function.apply(x, m.bias, m.log_scale, -1)


def _without_scale(m: Around, x: Tensor) -> Tensor:
    return torch.rsqrt((x - m.bias).square().mean(-1, keepdim=True)) * x


def _with_gain(m: Around, x: Tensor) -> Tensor:
    return x / torch.sqrt((x - m.bias).pow(2).mean(-1, keepdim=True) + 1e-3) * m.weight


def _in_float(m: Around, x: Tensor) -> Tensor:
    wide = x.to(torch.float32)
    away = wide - m.bias
    return wide * (m.log_scale * torch.rsqrt((away * away).mean(-1, keepdim=True) + 1e-3)).to(x.dtype)


def _kinds(twin: TwinModel) -> list[str]:
    return [twin.twin(call.name).kind for call in twin.calls]


FORMS: dict[Form, Callable[[Around], Tensor]] = {
    _icefall: lambda m: m.log_scale.exp().expand(CHANNELS),
    _of_a_function: lambda m: m.log_scale.exp().expand(CHANNELS),
    _without_scale: lambda m: torch.ones(CHANNELS),
    _with_gain: lambda m: m.weight,
    _in_float: lambda m: m.log_scale.expand(CHANNELS),
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_a_bias_norm_is_one_operator(form: Form, target: str) -> None:
    model = Around(form).eval()
    twin = check_whole_way(model, target)
    assert [kind for kind in _kinds(twin) if kind != "add"] == ["linear", "bias_norm", "linear"]
    (norm,) = (each for each in twin.modules() if isinstance(each, BiasNorm))
    torch.testing.assert_close(norm.weight.detach(), FORMS[form](model).detach())
    torch.testing.assert_close(norm.offset.detach(), model.bias.detach())


def _square_with_gain(m: Around, x: Tensor) -> Tensor:
    return x * (torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-3) * m.log_scale.exp())


def _after_a_difference(m: Around, x: Tensor) -> Tensor:
    """The mean square is that of what is multiplied: no offset."""
    y = x - m.bias
    return y * torch.rsqrt(y.square().mean(-1, keepdim=True) + 1e-3)


@pytest.mark.parametrize("form", [_square_with_gain, _after_a_difference], ids=lambda form: form.__name__)
def test_without_an_offset_it_is_an_rms_norm(form: Form) -> None:
    model = Around(form).eval()
    twin = check_whole_way(model)
    assert "rms_norm" in _kinds(twin)
    assert "bias_norm" not in _kinds(twin)
    (norm,) = (each for each in twin.modules() if isinstance(each, RmsNorm))
    gain = model.log_scale.exp() if form is _square_with_gain else torch.ones(())
    torch.testing.assert_close(norm.weight.detach(), gain.detach().expand(CHANNELS))


def _offset_of_data(m: Around, x: Tensor) -> Tensor:
    return x * torch.rsqrt((x - x * m.bias).square().mean(-1, keepdim=True) + 1e-3)


def _offset_of_mean(m: Around, x: Tensor) -> Tensor:
    return x * torch.rsqrt((x - x.mean(-1, keepdim=True)).square().mean(-1, keepdim=True) + 1e-3)


def _variance_is_read(m: Around, x: Tensor) -> Tensor:
    variance = (x - m.bias).square().mean(-1, keepdim=True) + 1e-3
    return x * torch.rsqrt(variance) + variance


def _scales_are_read(m: Around, x: Tensor) -> Tensor:
    scales = torch.rsqrt((x - m.bias).square().mean(-1, keepdim=True) + 1e-3) * m.log_scale.exp()
    return x * scales + scales


def _difference_is_read(m: Around, x: Tensor) -> Tensor:
    away = x - m.bias
    return x * torch.rsqrt(away.square().mean(-1, keepdim=True) + 1e-3) + away


def _something_else(m: Around, x: Tensor) -> Tensor:
    return torch.relu(x) * torch.rsqrt((x - m.bias).square().mean(-1, keepdim=True) + 1e-3)


def _part_of_the_offset(m: Around, x: Tensor) -> Tensor:
    return x * torch.rsqrt(torch.sub(x, m.bias, alpha=2).square().mean(-1, keepdim=True) + 1e-3)


def _gain_divides(m: Around, x: Tensor) -> Tensor:
    """The gain multiplies the root, so that its inverse multiplies the value."""
    return x / (torch.sqrt(x.square().mean(-1, keepdim=True) + 1e-3) * m.log_scale.exp())


def _more_axes_by_gain(m: Around, x: Tensor) -> Tensor:
    scales = torch.rsqrt((x - m.bias).square().mean(-1, keepdim=True) + 1e-3)
    return (x * (scales * m.log_scale.reshape(1, 1, 1, 1)))[0]


def _no_epsilon(m: Around, x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True))


REFUSED: dict[Form, str] = {
    _offset_of_data: "aten.rsqrt",
    _offset_of_mean: "aten.rsqrt",
    _variance_is_read: "aten.rsqrt",
    _scales_are_read: "aten.rsqrt",
    _difference_is_read: "aten.rsqrt",
    _something_else: "aten.rsqrt",
    _part_of_the_offset: "aten.rsqrt",
    _gain_divides: "aten.sqrt",
    _more_axes_by_gain: "aten.rsqrt",
    _no_epsilon: "aten.rsqrt",
}


@pytest.mark.parametrize("form", REFUSED, ids=lambda form: form.__name__)
def test_what_looks_alike_is_not_merged(form: Form) -> None:
    with pytest.raises(CaptureError, match=re.escape(REFUSED[form])):
        swap(Around(form).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)
