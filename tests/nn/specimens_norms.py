"""Specimens of norms, and their float operators of sums and roots alone."""

from collections.abc import Iterator

from tests.nn.specimen import Specimen, narrow, parameter
from torch import Tensor

from earnest.nn.twin import Twin
from earnest.nn.twins.bias_norm import BiasNorm
from earnest.nn.twins.group_norm import GroupNorm
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.rms_norm import RmsNorm


def norms() -> Iterator[Specimen]:
    """Norms of few and of 16 bits."""
    for bits, out in [(b, b) for b in range(2, 9)] + [(16, 8), (8, 16), (16, 16)]:
        yield Specimen(name=f"layer norm a{bits} out {out}", twin=_norm(bits, out), shapes=((3, 9),), real=_real_norm)
        yield Specimen(name=f"rms norm a{bits} out {out}", twin=_rms(bits, out), shapes=((3, 9),), real=_real_rms)
        twin = _bias_norm(bits, out)
        yield Specimen(name=f"bias norm a{bits} out {out}", twin=twin, shapes=((3, 9),), real=_real_bias_norm)
        twin = _group_norm(bits, out, largest=1 << 20 if (bits, out) == (16, 8) else 15)
        yield Specimen(name=f"group norm a{bits} out {out}", twin=twin, shapes=((2, 6, 5),), real=_real_group_norm)


def _norm(bits: int, out: int) -> Twin:
    gain, bias = parameter(9, spread=0.5, middle=1.0, seed=3), parameter(9, seed=4)
    return LayerNorm([narrow(bits, 3.0)], narrow(out, 1.5), weight=gain, bias=bias, epsilon=1e-3)


def _rms(bits: int, out: int) -> Twin:
    gain = parameter(9, spread=0.5, middle=1.0, seed=3)
    return RmsNorm([narrow(bits, 3.0)], narrow(out, 1.5), weight=gain, epsilon=1e-3)


def _real_rms(x: Tensor, gain: Tensor) -> Tensor:
    return x / ((x * x).sum(-1, keepdim=True) / x.shape[-1] + 1e-3).sqrt() * gain


def _bias_norm(bits: int, out: int) -> Twin:
    gain, offset = parameter(9, spread=0.5, middle=1.0, seed=3), parameter(9, seed=5)
    return BiasNorm([narrow(bits, 3.0)], narrow(out, 0.7), weight=gain, offset=offset, epsilon=1e-3)


def _real_bias_norm(x: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    around = ((x - offset) * (x - offset)).sum(-1, keepdim=True) / x.shape[-1]
    return x / (around + 1e-3).sqrt() * gain


def _real_norm(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    centred = x - x.sum(-1, keepdim=True) / x.shape[-1]
    variance = (centred * centred).sum(-1, keepdim=True) / x.shape[-1]
    return centred / (variance + 1e-3).sqrt() * gain + bias


def _group_norm(bits: int, out: int, *, largest: int) -> Twin:
    gain, bias = parameter(6, spread=0.5, middle=1.0, seed=3), parameter(6, seed=4)
    source, result = narrow(bits, 3.0), narrow(out, 1.5)
    return GroupNorm([source], result, weight=gain, bias=bias, epsilon=1e-4, groups=2, largest=largest)


def _real_group_norm(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    rows = x.reshape(x.shape[0], 2, -1)
    centred = rows - rows.sum(-1, keepdim=True) / rows.shape[-1]
    variance = (centred * centred).sum(-1, keepdim=True) / rows.shape[-1]
    normalised = (centred / (variance + 1e-4).sqrt()).reshape(x.shape)
    return normalised * gain[:, None] + bias[:, None]
