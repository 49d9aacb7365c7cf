"""The law that a twin builds is the float operator: to half a code of rounding, and what its integers may add.

That the twin runs its law is tested elsewhere; here a wrong scale, sign or table inside the law itself would show. All
bounds are in codes of the result. 2^-16 is the relative error of a multiplier.
"""

from collections.abc import Callable

import pytest
import torch
from tests.nn.specimen import PATTERNS, Specimen, carriers, quantized_parameters, real_operands
from tests.nn.specimens import SPECIMENS
from torch import Tensor

from earnest.nn.twin import Twin
from earnest.nn.twins.group_norm import GroupNorm
from earnest.nn.twins.recurrence import Recurrence
from earnest.nn.twins.weighted import Weighted

WITH_REAL = {name: specimen for name, specimen in SPECIMENS.items() if specimen.real is not None}
MULTIPLIER = 2.0**-16
CURVATURE = {"sigmoid": 0.0963, "tanh": 0.7699, "silu": 0.5, "gelu": 0.798, "gelu_tanh": 0.8, "relu": 0.0}
"""max |f''|, rounded up; of the tanh form of GELU, which is 0.798 at 0 and nowhere more than 0.2 % above."""

Bound = Callable[[Twin, list[Tensor], Tensor], Tensor]


def weighted(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """The bias is rounded to a unit of s_x s_w."""
    assert isinstance(twin, Weighted)
    unit = float(twin.operands[0].grid.scale * twin.weight_scale.max()) / twin.output.grid.scale
    return value.abs() * MULTIPLIER + unit / 2


def multiplied(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """One multiplier."""
    return value.abs() * MULTIPLIER


def summed(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """One multiplier for each term; no factor of the specimens is above 1."""
    terms = sum(float(real.abs().max()) for real in real_operands(twin, inputs))
    return torch.full_like(value, terms / twin.output.grid.scale * MULTIPLIER)


def tabulated(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """Nothing but the rounding of the entry."""
    return torch.zeros_like(value)


def interpolated(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """Chords of h = 128 steps: h^2 / 8 max |f''|, or h / 4 at the kink of ReLU; 2^-9 of the knots."""
    h = 128 * twin.operands[0].grid.scale
    name = str(twin.__dict__["function"])
    chord = h / 4 if name == "relu" else h * h / 8 * CURVATURE[name]
    return torch.full_like(value, chord / twin.output.grid.scale + 2.0**-9)


def gated(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """The gate is rounded to half of 1 / (2^(b-1) - 1), and multiplies the largest real."""
    step = 1 / (2 ** (int(twin.__dict__["gate_bits"]) - 1) - 1)
    (x,) = real_operands(twin, inputs)
    return value.abs() * MULTIPLIER * 2 + float(x.abs().max()) * step / 2 / twin.output.grid.scale


def normalised(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """1/2 of Q15 and of the bias's unit; 2^-14 of the root and 2^-16 of the gain; eps as an integer, at least 1."""
    (x,), (gain, bias) = inputs, (p.detach().double() for p in twin.trainable())
    codes, count = x.detach().double(), x.shape[-1]
    variance = (count * (codes * codes).sum(-1) - codes.sum(-1) ** 2)[..., None]
    exact = 1e-3 * (count / twin.operands[0].grid.scale) ** 2
    whole = max(1, round(exact))
    centred = (value - bias / twin.output.grid.scale).abs()
    by_epsilon = centred * abs(whole - exact) / (variance + min(whole, exact)) / 2
    by_q15 = gain.abs() * 2.0**-16 / twin.output.grid.scale
    return centred * (2.0**-14 + MULTIPLIER) + by_epsilon * 1.01 + by_q15 + 2.0**-15


def root_mean_square(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """As `normalised`, without a bias."""
    (x,), (gain,) = inputs, (p.detach().double() for p in twin.trainable())
    grid, count = twin.operands[0].grid, x.shape[-1]
    codes = x.detach().double() - grid.zero_point
    squares = (count * (codes * codes).sum(-1))[..., None]
    exact = 1e-3 * (count / grid.scale) ** 2
    whole = max(1, round(exact))
    by_epsilon = value.abs() * abs(whole - exact) / (squares + min(whole, exact)) / 2
    return value.abs() * (2.0**-14 + MULTIPLIER) + by_epsilon * 1.01 + gain.abs() * 2.0**-16 / twin.output.grid.scale


def root_from_offsets(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """As `root_mean_square`, of squares of codes from the offsets, which are codes too."""
    (x,), ((gain, _), (offset, _)) = inputs, quantized_parameters(twin)
    grid, count = twin.operands[0].grid, x.shape[-1]
    codes = x.detach().double() - grid.zero_point - offset / grid.scale
    squares = (count * (codes * codes).sum(-1))[..., None]
    exact = 1e-3 * (count / grid.scale) ** 2
    whole = max(1, round(exact))
    by_epsilon = value.abs() * abs(whole - exact) / (squares + min(whole, exact)) / 2
    return value.abs() * (2.0**-14 + MULTIPLIER) + by_epsilon * 1.01 + gain.abs() * 2.0**-16 / twin.output.grid.scale


def group_normalised(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """As `normalised`; eps is also off by 2^-16 of itself, or is below 2^-32.

    A pre-shift moves each code by half a unit: its distance from the mean by 1 at most, and the deviation, which is a
    norm, by 1/2. So u = c / sigma moves by (|u| / 2 + 1) / (sigma - 1/2), and |u| is below sqrt(N) in any case.
    """
    assert isinstance(twin, GroupNorm)
    (x,), (gain, bias) = inputs, (p.detach().double()[:, None] for p in twin.trainable())
    rows = x.detach().double().reshape(x.shape[0], twin.groups, -1) / (1 << twin.pre_shift)
    count = rows.shape[-1]
    exact = 1e-4 / (twin.operands[0].grid.scale * (1 << twin.pre_shift)) ** 2
    variance = rows.var(-1, correction=0)[..., None].expand_as(rows).reshape(x.shape)
    whole = max(1.0, round(exact * count**2)) / count**2
    by_epsilon = (abs(whole - exact) + exact * 2.0**-16 + 2.0**-32) / (variance + min(whole, exact)) / 2
    unit = gain.abs() / twin.output.grid.scale
    centred = (value - bias / twin.output.grid.scale).abs()
    moved = torch.zeros_like(value)
    if twin.pre_shift:
        deviation = (variance + exact).sqrt()
        reach = (centred / 2 + unit) / (deviation - 0.5).clamp_min(1e-9)
        moved = torch.where(deviation > 0.5, reach, 2 * unit * count**0.5).minimum(2 * unit * count**0.5)
    return centred * (2.0**-14 + MULTIPLIER + by_epsilon * 1.01) + moved * 1.01 + unit * 2.0**-16 + 2.0**-15


def probable(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """Each numerator is off by 1 1/2 at most, their sum by K times that; 1 for the reciprocal."""
    keys = value.shape[-1]
    return 1.5 + value.abs() / 32767 * 1.5 * keys + 1


def averaged(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """The mantissa of m / S is cut off at 16 bits: 2^-15, and the multiplier's own."""
    return value.abs() * (2.0**-15 + MULTIPLIER) * 1.01


def recurrent(twin: Twin, inputs: list[Tensor], value: Tensor) -> Tensor:
    """Step after step, what the hidden state before was off by: a gate passes on a quarter of it, a tangent all.

    Chords of h = 1/16 are off by h^2 / 8 max |f''|; 2^-15 of a gate, which is not quite 1, and of its rounding; half a
    unit of 2^-11 of arguments and of a cell; the bias is rounded to a unit of s_h s_w. A cell stays below the steps.
    """
    assert isinstance(twin, Recurrence)
    grid, (weight, _) = twin.output.grid, quantized_parameters(twin)[0]
    reach = float(weight.abs().sum(1).max())
    unit = grid.scale * float(twin.weight_scale.max()) / 2 + 2.0**-12 + 4 * MULTIPLIER
    sigmoid, tanh = (2.0**-8 / 8 * CURVATURE[name] + 2.0**-14 for name in ("sigmoid", "tanh"))
    hidden, carried, bounds = 0.0, 0.0, []
    for step in range(value.shape[1]):
        argument = reach * hidden + unit
        gate = argument / 4 + sigmoid
        if twin.kind == "lstm":
            carried += gate * step + gate + argument + tanh + 2.0**-12
            before = gate + carried + tanh
        else:
            most = reach + (0.0 if twin.bias is None else float(twin.bias.detach().abs().max()))
            carried += gate * most + argument + 2.0**-12 + tanh + 2 * gate + 2.0**-16
            before = carried
        bounds.append(before / grid.scale)
        hidden = before + grid.scale / 2
    found = torch.tensor(bounds[:: -1 if twin.reverse else 1], dtype=value.dtype)
    return found[:, None].expand_as(value) + value.abs() * MULTIPLIER


BOUNDS: dict[str, Bound] = {
    "linear": weighted,
    "conv1d": weighted,
    "conv2d": weighted,
    "embedding": multiplied,
    "lstm": recurrent,
    "gru": recurrent,
    "matmul": multiplied,
    "mul": multiplied,
    "add": summed,
    "table": tabulated,
    "interpolated_table": interpolated,
    "glu": gated,
    "layer_norm": normalised,
    "rms_norm": root_mean_square,
    "bias_norm": root_from_offsets,
    "group_norm": group_normalised,
    "softmax": probable,
    "weighted_mean": averaged,
    "constant": tabulated,
}


def results(specimen: Specimen, pattern: str) -> tuple[list[Tensor], Tensor, Tensor]:
    """Operands, codes of the twin, and the float operator's results, in codes, before rounding and clipping."""
    assert specimen.real is not None
    twin, inputs = specimen.twin, carriers(specimen, pattern)
    parameters = [value for value, _ in quantized_parameters(twin)]
    with torch.no_grad():
        codes = twin(*inputs, symbols=specimen.symbols).double()
        value = specimen.real(*real_operands(twin, inputs), *parameters) / twin.output.grid.scale
    return inputs, codes, value


@pytest.mark.parametrize("specimen", WITH_REAL.values(), ids=WITH_REAL.keys())
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_twin_is_its_float_operator_to_a_rounding(specimen: Specimen, pattern: str) -> None:
    twin = specimen.twin
    if twin.kind == "weighted_mean" and pattern in ("lowest", "near the lowest", "alternating"):
        pytest.skip("numerators always hold the 255 of their row's maximum")
    inputs, codes, value = results(specimen, pattern)
    if twin.kind == "exponential":
        keys = value.shape[-1]
        share = value * twin.output.grid.scale
        off = (codes / codes.sum(-1, keepdim=True) - share).abs()
        assert (off <= (0.5 + share * keys / 2) / (255 - keys / 2)).all()
        return
    low, high = twin.output.codes
    expected = (value + twin.output.grid.zero_point).clamp(low, high)
    bound = 0.5 + BOUNDS[twin.kind](twin, inputs, value) + 2.0**-20 * (1 + value.abs())
    assert ((codes - expected).abs() <= bound).all()


def test_the_bounds_are_small_beside_the_range_of_the_results() -> None:
    """Else they would show nothing: a code at 8 bits or fewer, 2^-12 of the range at 16 and more."""
    for name, specimen in WITH_REAL.items():
        if specimen.twin.kind == "exponential":
            continue
        inputs, _, value = results(specimen, "random")
        low, high = specimen.twin.output.codes
        inside = (value > low) & (value < high)
        bound = BOUNDS[specimen.twin.kind](specimen.twin, inputs, value)
        assert bound[inside].max() <= max(1.0, (high - low) * 2.0**-12), name
