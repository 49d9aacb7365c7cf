"""Shrinking: every row fits, what fits stays, and what is given up is what costs least."""

import pytest
import torch
from torch import Tensor

from earnest.errors import NumericsError
from earnest.methods.accumulators_core import Need, shrink
from earnest.methods.descent import output_error
from earnest.methods.gptq_core import damp
from earnest.methods.levels import Levels

OUT, DEPTH = 6, 20


def problem(bits: int = 8, weight_map: str = "symmetric", group: int = DEPTH) -> tuple[Tensor, Tensor, Tensor, Levels]:
    """Weights, their codes, the covariance of their inputs, their levels."""
    generator = torch.Generator().manual_seed(bits)
    rows = (
        torch.randn(400, DEPTH, generator=generator).double() @ torch.randn(DEPTH, DEPTH, generator=generator).double()
    )
    wanted = torch.randn(1, OUT, DEPTH, generator=generator).double()
    limit = 2 ** (bits - 1) - 1 if weight_map == "symmetric" else 2**bits - 1
    parts = -(-DEPTH // group)
    multiplier = torch.randint(1, 4, (1, OUT, parts), generator=generator, dtype=torch.uint8)
    scale = wanted.abs().amax(dim=2) / limit / multiplier.amin(dim=2)
    levels = Levels(bits=bits, weight_map=weight_map, scale=scale, multiplier=multiplier, group=group)
    steps = levels.steps(DEPTH)
    codes = torch.round(levels.nearest(wanted, steps) / steps)
    return wanted, codes, damp((rows.T @ rows / len(rows))[None]), levels


def within(most: float) -> Need:
    """Sums of the units alone."""
    return lambda units, scale: units.abs().sum(dim=2) / most


def units(codes: Tensor, levels: Levels) -> Tensor:
    return codes * torch.round(levels.steps(DEPTH) / levels.scale[..., None])


@pytest.mark.parametrize("group", [DEPTH, 8])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_every_row_fits_and_errs_less_than_one_that_is_cut(share: float, group: int):
    wanted, codes, c, levels = problem(group=group)
    most = share * float(units(codes, levels).abs().sum(dim=2).max())
    found, growth = shrink(wanted, codes, c, levels, within(most))
    grown = levels.scaled(growth)
    assert (units(found, grown).abs().sum(dim=2) <= most).all()
    assert (found == found.round()).all()
    assert (found.abs() <= 127).all()
    kept = torch.clamp(most / units(codes, levels).abs().sum(dim=2, keepdim=True), max=1)
    plain = torch.trunc(codes * kept) * levels.steps(DEPTH)
    error = output_error(wanted, found * grown.steps(DEPTH), c)
    assert (error <= output_error(wanted, plain, c) * (1 + 1e-9)).all()
    assert error.sum() < 0.8 * output_error(wanted, plain, c).sum()


def test_rows_that_fit_stay():
    wanted, codes, c, levels = problem()
    sums = codes.abs().sum(dim=2)
    most = float(sums.median())
    found, growth = shrink(wanted, codes, c, levels, within(most * levels.multiplier.max().item()))
    fits = units(codes, levels).abs().sum(dim=2) <= most * levels.multiplier.max().item()
    assert fits.any()
    assert torch.equal(found[fits], codes[fits])
    assert (growth[fits] == 1).all()
    found, growth = shrink(wanted, codes, c, levels, within(1e9))
    assert torch.equal(found, codes)
    assert torch.equal(growth, torch.ones_like(growth))


def test_one_too_many_is_the_cheapest_code():
    """Against every code drawn by one; no greater scale is better then."""
    wanted, codes, c, levels = problem()
    levels = Levels(
        bits=8, weight_map="symmetric", scale=levels.scale, multiplier=torch.ones_like(levels.multiplier), group=DEPTH
    )
    wanted = codes * levels.steps(DEPTH)
    sums = codes.abs().sum(dim=2)
    most = sums.max() - 1
    row = int(sums.argmax())
    found, _ = shrink(wanted, codes, c, levels, within(float(most)))
    errors = {}
    for k in range(DEPTH):
        if codes[0, row, k] != 0:
            other = codes.clone()
            other[0, row, k] -= torch.sign(codes[0, row, k])
            errors[k] = float(output_error(wanted, other * levels.steps(DEPTH), c)[0, row])
    moved = (found != codes).nonzero()
    assert moved.tolist() == [[0, row, min(errors, key=errors.__getitem__)]]


def test_odd_codes_stay_odd_and_one_that_cannot_fit_is_refused():
    wanted, codes, c, levels = problem(4, "odd")
    most = 0.6 * float(units(codes, levels).abs().sum(dim=2).max())
    found, growth = shrink(wanted, codes, c, levels, within(most))
    assert (found.abs() % 2 == 1).all()
    assert (units(found, levels.scaled(growth)).abs().sum(dim=2) <= most).all()
    with pytest.raises(NumericsError, match="at no scale"):
        shrink(wanted, codes, c, levels, within(DEPTH - 1.0))
