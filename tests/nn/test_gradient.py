"""The straight-through gradient: that of the float operator at the real values of the codes, 0 where codes saturate.

Expected is the transposed Jacobian, in float64, of an operator written anew, times the gradient from above. The bound
is float32's: every entry of the Jacobian takes fewer than 64 roundings of numbers of the size of its largest entry.
"""

import pytest
import torch
from tests.nn.specimen import Specimen, carriers, edge, quantized_parameters, real_operands
from tests.nn.specimens import SPECIMENS
from torch import Tensor
from torch.autograd.functional import jacobian

from earnest.nn.model import Quantize
from earnest.nn.twin import Twin
from earnest.nn.twins.constant import Constant
from earnest.nn.twins.mul import Multiply

ROUNDINGS = 64


WITH_REAL = {name: specimen for name, specimen in SPECIMENS.items() if specimen.real is not None}


EVERY = pytest.mark.parametrize("specimen", WITH_REAL.values(), ids=WITH_REAL.keys())


def passes(twin: Twin, result: Tensor) -> Tensor:
    """True where the nearest code of a real result is one; no result may be so close to the border as to be unsure."""
    grid = twin.output.grid
    position = result / grid.scale + grid.zero_point
    low, high = grid.codes
    assert not (((position - high - 0.5).abs() < 1e-4) | ((position - low + 0.5).abs() < 1e-4)).any()
    return (position > low - 0.5) & (position < high + 0.5)


@EVERY
def test_gradients_are_those_of_the_float_operator(specimen: Specimen) -> None:
    assert specimen.real is not None
    twin, inputs = specimen.twin, [x.requires_grad_() for x in carriers(specimen, "random")]
    parameters = quantized_parameters(twin)
    arguments = (*real_operands(twin, inputs), *(value for value, _ in parameters))
    inside = passes(twin, specimen.real(*arguments))
    assert inside.any()
    assert specimen.saturates == bool((~inside).any()), "a specimen that clips nothing would not test the mask"

    above = torch.randn(inside.shape, generator=torch.Generator().manual_seed(9))
    twin.zero_grad()
    twin(*inputs, symbols=specimen.symbols).backward(above)
    got = [x.grad for x in (*inputs, *twin.trainable())]
    masks = [torch.ones(x.shape, dtype=torch.bool) for x in inputs] + [mask for _, mask in parameters]
    for gradient, slopes, mask in zip(got, jacobian(specimen.real, arguments), masks, strict=True):
        if twin.kind == "embedding" and not slopes.any():  # of its tokens, which are no numbers
            assert gradient is None
            continue
        assert gradient is not None
        flat = slopes.reshape(inside.numel(), -1)
        used = (above.double() * inside).reshape(-1)
        expected = (used @ flat).reshape(mask.shape) * mask
        bound = ROUNDINGS * 2.0**-24 * float(flat.abs().max()) * float(used.abs().sum())
        assert (gradient.double() - expected).abs().max() <= bound
        assert expected.abs().max() > 100 * bound, "nothing but noise was compared"
        assert (gradient[~mask] == 0).all()


def test_only_what_asks_for_a_gradient_gets_one() -> None:
    specimen = SPECIMENS["linear w8 symmetric a8 out 8"]
    twin, (x,) = specimen.twin, carriers(specimen, "random")
    twin.zero_grad()
    twin.weight.requires_grad_(False)
    try:
        twin(x, symbols={}).sum().backward()
        assert (x.grad, twin.weight.grad) == (None, None)
        assert twin.bias.grad is not None
    finally:
        twin.weight.requires_grad_(True)


def test_one_value_read_twice_gets_both_gradients() -> None:
    x = edge(scale=0.05)
    twin = Multiply([x, x], edge(scale=0.5))
    codes = torch.arange(-20.0, 21.0, requires_grad=True)
    twin(codes, codes, symbols={}).sum().backward()
    assert codes.grad is not None
    assert (codes.grad - 2 * 0.05 * codes.detach()).abs().max() <= 4 * 2.0**-24 * 2


def test_a_buffer_needs_no_gradient_and_a_parameter_gets_one() -> None:
    value = torch.tensor([0.5, -0.5, 100.0])
    assert not Constant(edge(), value=value)(symbols={}).requires_grad
    trained = torch.nn.Parameter(value)
    Constant(edge(), value=trained)(symbols={}).backward(torch.tensor([1.0, 2.0, 3.0]))
    assert trained.grad is not None
    assert trained.grad.tolist() == [1.0, 2.0, 0.0]


def test_the_gradient_at_the_ends_of_a_range_reaches_half_a_code_further() -> None:
    """What rounds to the last code without being clipped keeps its gradient; at 2 bits that is a quarter of all."""
    twin = Constant(edge(2, scale=1.0), value=torch.nn.Parameter(torch.tensor([1.25, 1.49, 1.51, -2.49, -2.51])))
    codes = twin(symbols={})
    assert codes.tolist() == [1, 1, 1, -2, -2]
    codes.sum().backward()
    assert twin.value.grad.tolist() == [1, 1, 0, 1, 0]


def test_features_enter_with_gradient_one_inside_the_range() -> None:
    features = torch.tensor([-100.0, -0.9, 0.0, 0.9, 100.0], requires_grad=True)
    codes = Quantize.apply(features, 100.0, 3, -128, 127)
    assert codes.tolist() == [-128, -87, 3, 93, 127]
    codes.backward(torch.arange(1.0, 6.0))
    assert features.grad is not None
    assert features.grad.tolist() == [0, 2, 3, 4, 0]
