"""Specimens: a tiny twin of every kind at every width, on calibrated edges, and its float operator written anew.

`real` takes the real operands and the real parameters in float64. It is made of loops, sums and exponentials only, so
that it shares no code with the twin.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any

import torch
from tests.nn.specimen import Shape, Specimen, edge, narrow, parameter
from tests.nn.specimens_norms import norms
from torch import Tensor

from earnest.nn.edge import FixedEdge, ProductEdge
from earnest.nn.probabilities import NumeratorEdge, probabilities
from earnest.nn.twin import Twin
from earnest.nn.twins.add import Add
from earnest.nn.twins.concat import Concat
from earnest.nn.twins.constant import Constant
from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.conv2d import Convolution2d
from earnest.nn.twins.embedding import Embedding
from earnest.nn.twins.glu import GatedLinearUnit
from earnest.nn.twins.gru import GatedRecurrentUnit
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.lstm import LongShortTermMemory
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.mul import Multiply
from earnest.nn.twins.pad import Pad
from earnest.nn.twins.recurrence import arguments
from earnest.nn.twins.relative_shift import RelativeShift
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.slice import Slice
from earnest.nn.twins.softmax import Exponential, Softmax
from earnest.nn.twins.table import InterpolatedTable, Table
from earnest.nn.twins.transpose import Transpose
from earnest.nn.twins.weighted_mean import WeightedMean
from earnest.numerics.table import Pointwise


def recurrences() -> Iterator[Specimen]:
    """LSTM and GRU at every width of weights and results, of two steps: the second reads what the first made."""
    forms = [(8, "symmetric", out, 0, False) for out in range(2, 9)]
    forms += [(bits, "symmetric", 8, 0, True) for bits in range(2, 8)]
    forms += [(bits, "odd", 8, 0, False) for bits in (1, 2, 4)]
    kinds: tuple[tuple[type[LongShortTermMemory | GatedRecurrentUnit], Any, int], ...]
    kinds = ((LongShortTermMemory, _real_lstm, 4), (GatedRecurrentUnit, _real_gru, 3))
    for (kind, real, gates), (bits, weight_map, out, group, reverse) in product(kinds, forms):
        weighted = _weighted(bits, weight_map, (gates * 3, 3), bias=out != 5, group=group)
        with torch.no_grad():
            weighted["weight"].mul_(0.2)
        whole = edge(out, scale=1.02 / (2 ** (out - 1) - 1))
        twin = kind([arguments()], whole, reverse=reverse, **weighted)
        direction = "backward" if reverse else "forward"
        yield Specimen(
            name=f"{kind.kind} w{bits} {weight_map} out {out} {direction}",
            twin=twin,
            shapes=((2, 2, gates * 3),),
            real=partial(_real_recurrence, real, reverse),
            saturates=False,
        )


def _real_recurrence(
    step: Callable[..., tuple[Tensor, Tensor]], reverse: bool, x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    hidden = carried = x.new_zeros(len(x), weight.shape[1])
    made = []
    for row in x.unbind(1)[:: -1 if reverse else 1]:
        product = (weight * hidden[:, None]).sum(-1)
        hidden, carried = step(row, product if bias is None else product + bias, carried)
        made.append(hidden)
    return torch.stack(made[:: -1 if reverse else 1], dim=1)


def _opened(x: Tensor) -> Tensor:
    return 1 / (1 + (-x).exp())


def _bent(x: Tensor) -> Tensor:
    return 2 * _opened(2 * x) - 1


def _real_lstm(x: Tensor, u: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = (x + u).chunk(4, dim=1)
    cell = _opened(f) * cell + _opened(i) * _bent(g)
    return _opened(o) * _bent(cell), cell


def _real_gru(x: Tensor, u: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    (x_r, x_z, x_n), (u_r, u_z, u_n) = x.chunk(3, dim=1), u.chunk(3, dim=1)
    update = _opened(x_z + u_z)
    hidden = (1 - update) * _bent(x_n + _opened(x_r + u_r) * u_n) + update * hidden
    return hidden, hidden


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, settings: Mapping[str, Any]) -> Tensor:
    """Every output of a convolution over one or two axes as one explicit sum."""
    padding, strides, dilations = settings["padding"], settings["strides"], settings["dilations"]
    out, depth, *taps = weight.shape
    padded = x.new_zeros((*x.shape[:2], *(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))))
    inner = tuple(slice(p, p + n) for n, p in zip(x.shape[2:], padding, strict=True))
    padded[(slice(None), slice(None), *inner)] = x
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, taps, strict=True)]
    counts = [(n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, strides, strict=True)]
    results = []
    for channel in range(out):
        first = channel // (out // settings["groups"]) * depth
        for position in product(*(range(count) for count in counts)):
            window = tuple(
                slice(p * s, p * s + r, d) for p, s, r, d in zip(position, strides, reach, dilations, strict=True)
            )
            part = padded[(slice(None), slice(first, first + depth), *window)]
            total = (part * weight[channel]).flatten(1).sum(dim=1)
            results.append(total if bias is None else total + bias[channel])
    return torch.stack(results, dim=1).reshape(len(x), out, *counts)


def _weighted(
    bits: int, weight_map: str, shape: Shape, *, bias: bool = True, seed: int = 0, group: int = 0
) -> dict[str, Any]:
    return {
        "weight": parameter(*shape, spread=0.3, seed=seed),
        "bias": parameter(shape[0], seed=seed + 1) if bias else None,
        "weight_bits": bits,
        "weight_map": weight_map,
        "weight_range": "squared-error",
        "weight_group": group,
    }


def linears() -> Iterator[Specimen]:
    """Weights of 2 to 8 bits in both maps; activations of 2 to 8 bits; results of 2 to 16."""
    widths = [(w, "symmetric", 8, 8) for w in range(2, 9)] + [(w, "odd", 8, 8) for w in range(1, 8)]
    widths += [(4, "symmetric", a, a) for a in range(2, 8)] + [(8, "symmetric", 8, 16), (2, "odd", 3, 2)]
    for w, weight_map, a, out in widths:
        twin = Linear([narrow(a, 2.0)], narrow(out, 1.7), **_weighted(w, weight_map, (5, 12)))
        yield Specimen(
            name=f"linear w{w} {weight_map} a{a} out {out}",
            twin=twin,
            shapes=((2, 3, 12),),
            real=lambda x, w, b: (x[..., None, :] * w).sum(-1) + b,
        )
    for w, weight_map, group in ((4, "symmetric", 8), (3, "odd", 16), (2, "symmetric", 11)):
        yield Specimen(
            name=f"linear w{w} {weight_map} in groups of {group}",
            twin=Linear([narrow(8, 2.0)], narrow(8, 1.7), **_weighted(w, weight_map, (5, 29), group=group)),
            shapes=((2, 3, 29),),
            real=lambda x, w, b: (x[..., None, :] * w).sum(-1) + b,
        )
    yield Specimen(
        name="linear without a bias",
        twin=Linear([narrow(8, 2.0)], narrow(8, 1.0), **_weighted(8, "symmetric", (5, 12), bias=False)),
        shapes=((4, 12),),
        real=lambda x, w: (x[..., None, :] * w).sum(-1),
    )


def embeddings() -> Iterator[Specimen]:
    """Weights of 1 to 8 bits, in groups and not; results of 4 to 16."""
    settings = [(8, "symmetric", 0, 8), (8, "symmetric", 0, 16), (4, "symmetric", 0, 8), (1, "odd", 0, 8)]
    for w, weight_map, group, out in (*settings, (4, "symmetric", 8, 4)):
        weight = _weighted(w, weight_map, (8, 11), group=group)
        del weight["bias"]
        yield Specimen(
            name=f"embedding w{w} {weight_map} out {out}" + (f" in groups of {group}" if group else ""),
            twin=Embedding([FixedEdge(bits=3, signed=False, scale=1.0)], narrow(out, 0.3), **weight),
            shapes=((2, 5),),
            real=lambda x, w: w[x.long()],
        )


def convolutions() -> Iterator[Specimen]:
    """Dense, grouped, depthwise (with a multiplier too), strided, dilated, padded, over one and two axes."""
    settings = [
        ("dense", (4, 3, 3), 1, 1, 1, 0, True),
        ("padded and strided", (4, 3, 3), 1, 2, 1, 2, True),
        ("dilated", (4, 3, 2), 1, 1, 3, 1, False),
        ("grouped", (6, 2, 3), 2, 2, 2, 1, True),
        ("depthwise", (4, 1, 5), 4, 1, 1, 2, True),
        ("depthwise, strided, dilated", (4, 1, 3), 4, 2, 2, 3, False),
        ("depthwise with two outputs each", (6, 1, 3), 3, 1, 1, 1, True),
        ("pointwise", (5, 4, 1), 1, 1, 1, 0, True),
    ]
    for name, (out, depth, taps), groups, stride, dilation, amount, bias in settings:
        for rank, twin_class in ((1, Convolution1d), (2, Convolution2d)):
            sizes = (taps, 2)[:rank]
            geometry = {
                "strides": (stride, 1)[:rank],
                "padding": (amount, 0)[:rank],
                "dilations": (dilation, 2)[:rank],
                "groups": groups,
            }
            common = _weighted(8 if bias else 4, "symmetric", (out, depth, *sizes), bias=bias)
            yield Specimen(
                name=f"conv{rank}d {name}",
                twin=twin_class([narrow(8, 2.0)], narrow(8, 1.0), **geometry, **common),
                shapes=(((0, 2, 1)[rank], depth * groups, *((9,), (7, 4))[rank - 1]),),
                real=lambda x, w, b=None, geometry=geometry: _convolve(x, w, b, geometry),
            )


def _matmul(a: Tensor, b: Tensor) -> Tensor:
    return (a[..., :, :, None] * b[..., None, :, :]).sum(-2)


def products() -> Iterator[Specimen]:
    """Products of two activations, and the weighted mean, whose first operand is a row of numerators."""
    shapes = ((2, 3, 5), (2, 5, 4))
    for bits in (*range(2, 9), 16):
        left = edge(16, scale=1e-4, symmetric=True) if bits == 16 else narrow(bits, 2.0)
        right = narrow(min(bits, 8), 1.5)
        yield Specimen(name=f"matmul a{bits}", twin=MatMul([left, right], narrow(8, 3.0)), shapes=shapes, real=_matmul)
        yield Specimen(
            name=f"multiply a{min(bits, 8)} out {bits}",
            twin=Multiply([narrow(min(bits, 8), 2.0), right], narrow(bits, 1.7137)),
            shapes=((3, 4, 5), (4, 1)),
            real=lambda a, b: a * b,
        )
    left, right = narrow(8, 2.0, 0), narrow(8, 1.5, 0)
    accumulator = MatMul([left, right], ProductEdge(left, right, bits=24, depth=5))
    yield Specimen(name="matmul to 24 bits", twin=accumulator, shapes=shapes, real=_matmul, saturates=False)
    yield Specimen(
        name="weighted mean",
        twin=WeightedMean([NumeratorEdge(), narrow(8, 2.0)], narrow(8, 0.4)),
        shapes=((2, 3, 6), (2, 6, 4)),
        real=_matmul,
    )


def sums() -> Iterator[Specimen]:
    """Sums of grids of every width, a difference, a change of grid."""
    for bits, other, out in [(b, b, b) for b in range(2, 9)] + [(16, 8, 16), (8, 16, 8), (16, 16, 16), (24, 24, 16)]:
        operands = [narrow(bits, 2.0), narrow(other, 3.0)]
        yield Specimen(
            name=f"add a{bits} a{other} out {out}",
            twin=Add(operands, narrow(out, 2.1137), factors=(1.0, -0.5)),
            shapes=((3, 4), (2, 3, 4)),
            real=lambda a, b: a - b / 2,
        )
    yield Specimen(
        name="requantize 16 to 8",
        twin=Add([narrow(16, 2.0)], narrow(8, 1.3), factors=(1.0,)),
        shapes=((3, 40),),
        real=lambda a: a * 1.0,
    )


def _sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def _ramp(x: Tensor) -> Tensor:
    """Straight from (-3, 0) to (3, 1)."""
    return torch.where(x.abs() <= 3, x / 6 + 0.5, (x > 3).to(x.dtype))


REAL_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": lambda x: x * (x > 0),
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * (1 + torch.erf(x / 2**0.5)) / 2,
    "gelu_tanh": lambda x: x * _sigmoid(2 * (2 / torch.pi) ** 0.5 * (x + 0.044715 * x * x * x)),
    "tanh": lambda x: 2 * _sigmoid(2 * x) - 1,
}
"""Those that take no parameters, are smooth or bend at 0, and stay within the grids of these specimens."""

WITH_PARAMETERS: dict[Pointwise, Callable[[Tensor], Tensor]] = {
    Pointwise("clamp", (-1.0, 2.0)): lambda x: ((x + 1).abs() - (x - 2).abs() + 1) / 2,
    Pointwise("leaky_relu", (0.1,)): lambda x: x * (0.1 + 0.9 * (x > 0)),
    Pointwise("elu", (0.5, 1.0, 1.0)): lambda x: x * (x > 0) + (torch.exp(x * (x < 0)) - 1) / 2,
    Pointwise("hard_sigmoid"): _ramp,
    Pointwise("hard_swish"): lambda x: x * _ramp(x),
    Pointwise("softplus", (2.0, 20.0)): lambda x: torch.log(1 + torch.exp(2 * x)) / 2,
    Pointwise("log_sigmoid"): lambda x: torch.log(_sigmoid(x)),
    Pointwise("mish"): lambda x: x * (2 * _sigmoid(2 * torch.log(1 + torch.exp(x))) - 1),
    Pointwise("exp"): lambda x: torch.e**x,
    Pointwise("abs"): lambda x: x * (2.0 * (x > 0) - 1),
    Pointwise("square"): lambda x: x * x,
}
"""Functions with parameters, and others, by another formula than torch's."""


def functions() -> Iterator[Specimen]:
    """Tables of 2 to 8 bits, interpolated ones, and the gated linear unit."""
    for name, real in REAL_FUNCTIONS.items():
        yield Specimen(name=f"{name} a8", twin=_table(Table, name, 8), shapes=((3, 30),), real=real)
        yield Specimen(name=f"{name} a16", twin=_table(InterpolatedTable, name, 16), shapes=((3, 30),), real=real)
    for function, real in WITH_PARAMETERS.items():
        twin = _table(Table, function, 8)
        yield Specimen(name=f"{function} a8", twin=twin, shapes=((3, 30),), real=real)
    for bits in range(2, 8):
        yield Specimen(
            name=f"silu a{bits}", twin=_table(Table, "silu", bits), shapes=((3, 30),), real=REAL_FUNCTIONS["silu"]
        )
    for bits, gate_bits, axis in ((8, 16, 1), (8, 8, 2), (4, 16, 2), (2, 8, 1)):
        yield Specimen(
            name=f"glu a{bits} gate {gate_bits} axis {axis}",
            twin=GatedLinearUnit([narrow(bits, 3.0)], narrow(bits, 1.5), axis=axis, gate_bits=gate_bits),
            shapes=((2, 4, 6),),
            real=lambda x, axis=axis: _gated(*x.chunk(2, dim=axis)),
        )


def _table(twin: type[Table] | type[InterpolatedTable], function: str | Pointwise, bits: int) -> Twin:
    named = Pointwise(function) if isinstance(function, str) else function
    reach = 0.4 if named.name in ("sigmoid", "tanh", "hard_sigmoid") else 1.5
    return twin([narrow(bits, 4.0)], narrow(min(bits, 8), reach), function=named)


def _gated(linear: Tensor, gate: Tensor) -> Tensor:
    return linear * _sigmoid(gate)


def _softmax(x: Tensor, masked: bool) -> Tensor:
    e = torch.exp(x - x.amax(dim=-1, keepdim=True))
    if masked:
        queries, keys = x.shape[-2:]
        seen = [[j <= i + keys - queries for j in range(keys)] for i in range(queries)]
        e = e * torch.tensor(seen)
    return e / e.sum(dim=-1, keepdim=True)


def rows() -> Iterator[Specimen]:
    """Softmax in both forms, with and without the causal mask."""
    for bits, masked in product((*range(2, 9), 16), (False, True)):
        scores = edge(bits, scale=6.0 / 2**bits, symmetric=bits > 8)
        suffix = f"a{bits}{' causal' if masked else ''}"
        common = {"shapes": ((2, 4, 6),), "real": lambda x, m=masked: _softmax(x, m), "saturates": False}
        yield Specimen(name=f"softmax {suffix}", twin=Softmax([scores], probabilities(), masked=masked), **common)
        if bits <= 8:
            numerators = Exponential([scores], NumeratorEdge(), masked=masked)
            yield Specimen(name=f"exponential {suffix}", twin=numerators, **common)


def layouts() -> Iterator[Specimen]:
    """Everything that moves codes, and constants."""
    for bits in (2, 8, 16):
        x = narrow(bits, 2.0)
        reshape = Reshape([x], x, shape=("batch", ("*", 2, "time"), ("//", "time", 2)))
        stop = ("+", "time", -1)
        yield Specimen(name=f"reshape a{bits}", twin=reshape, shapes=((2, 6, 6),))
        yield Specimen(name=f"transpose a{bits}", twin=Transpose([x], x, order=(2, 0, 1)), shapes=((2, 6, 3),))
        yield Specimen(
            name=f"slice a{bits}", twin=Slice([x], x, axis=1, start=1, stop=stop, step=2), shapes=((2, 6, 3),)
        )
        yield Specimen(name=f"pad a{bits}", twin=Pad([x], x, before=(0, 2, 1), after=(1, 0, 3)), shapes=((2, 3, 2),))
        yield Specimen(
            name=f"concat a{bits}", twin=Concat([x, x, x], x, axis=1), shapes=((2, 1, 3), (2, 4, 3), (2, 2, 3))
        )
        yield Specimen(name=f"relative shift a{bits}", twin=RelativeShift([x], x), shapes=((2, 3, 4, 7),))
        value = parameter(3, 4, spread=1.5)
        yield Specimen(
            name=f"parameter out {bits}",
            twin=Constant(narrow(bits, 2.0), value=value),
            shapes=(),
            real=lambda v: v * 1.0,
        )
        yield Specimen(name=f"buffer out {bits}", twin=Constant(narrow(bits, 2.0), value=value.detach()), shapes=())


SPECIMENS = {
    specimen.name: specimen
    for family in (linears, embeddings, recurrences, convolutions, products, sums, functions, rows, norms, layouts)
    for specimen in family()
}
