"""Sums of products in torch are the int64 ones, where a plain float32 product is not, and where it is not allowed."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from tests.nn.specimen import PATTERNS, carrier, carriers, edge
from tests.nn.specimens import SPECIMENS
from torch import Tensor, nn

from earnest.errors import ExactnessError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.nn.accumulation import TorchAccumulation
from earnest.nn.twins.linear import Linear

DEPTH = 5120


def one_sided(rows: int, low: int, high: int, seed: int) -> Tensor:
    """Codes at one end of their range, where partial sums grow as fast as they can."""
    return torch.randint(low, high + 1, (rows, DEPTH), generator=torch.Generator().manual_seed(seed), dtype=torch.int32)


@pytest.fixture
def precision() -> Iterator[None]:
    yield
    torch.set_float32_matmul_precision("highest")


def test_a_deep_one_sided_product_is_exact_and_a_float32_one_is_not() -> None:
    left, right = one_sided(16, 126, 127, 0), one_sided(16, 125, 127, 1).T
    exact = left.to(torch.int64).numpy() @ right.to(torch.int64).numpy()
    plain = (left.float() @ right.float()).to(torch.int64).numpy()
    assert (plain != exact).any(), "if float32 were exact here, this test could not fail"
    got = TorchAccumulation().matmul(left, right, DEPTH * 127 * 127)
    assert got.dtype == torch.int64
    assert (got.numpy() == exact).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_deep_twin_is_the_law_on_one_sided_codes(sign: int) -> None:
    """The output's scale is that of single products: every unit of the sum shows."""
    weight = nn.Parameter(one_sided(8, 125, 127, 2).float() * sign)
    x, fine = edge(8, scale=1.0), edge(24, scale=16.0)
    settings = {"weight_bits": 8, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}
    twin = Linear([x], fine, weight=weight, bias=None, **settings)
    for pattern in PATTERNS:
        codes = carrier(x, (4, DEPTH), pattern)
        expected = twin.law().run([codes.numpy().astype(np.int8)], {}, IntegerAccumulation())
        assert (twin(codes, symbols={}).detach().numpy() == expected).all()
    top = carrier(x, (4, DEPTH), "near the highest")
    exact = (top.to(torch.int64) @ torch.from_numpy(twin.law().weight).to(torch.int64).T).double()  # type: ignore[attr-defined]
    plain = (top @ torch.from_numpy(twin.law().weight).float().T).double()  # type: ignore[attr-defined]
    assert not torch.equal(exact, plain)


@pytest.mark.parametrize("digits", [8, 23, 24, 30, 52, 53, 60])
def test_every_width_of_sums_is_exact(digits: int) -> None:
    """Row sums close below 2^digits, odd at their last place: arithmetic that is too narrow would show."""
    generator = np.random.default_rng(digits)
    limit = 2 ** min(digits // 2, 30)
    left = generator.integers(limit // 2, limit, (6, 3)) | 1
    right = generator.integers(limit // 2, limit, (3, 5)) | 1
    exact = [[sum(int(a) * int(b) for a, b in zip(row, column, strict=True)) for column in right.T] for row in left]
    bound = int(np.abs(left).sum(axis=1).max()) * int(right.max())
    for stated in (bound, bound + 1, max(bound, 2**24), max(bound, 2**53), 2**62):
        got = TorchAccumulation().matmul(torch.from_numpy(left), torch.from_numpy(right), stated)
        assert got.tolist() == exact, stated


def test_the_border_of_float32_is_exact() -> None:
    """Partial sums up to 2^24 - 1, from parts of both parities."""
    generator = np.random.default_rng(3)
    cuts = np.sort(generator.integers(0, 2**24 - 1, (50, 99)), axis=1)
    parts = np.diff(cuts, axis=1, prepend=0, append=2**24 - 1)
    got = TorchAccumulation().matmul(torch.from_numpy(parts), torch.ones((100, 1), dtype=torch.int64), 2**24 - 1)
    assert (got == 2**24 - 1).all()


@pytest.mark.parametrize("name", ["high", "medium"])
def test_reduced_precision_is_refused(name: str, precision: None) -> None:
    specimen = SPECIMENS["linear w8 symmetric a8 out 8"]
    torch.set_float32_matmul_precision(name)
    with pytest.raises(ExactnessError, match=f"expected .*highest.*got '{name}'"):
        specimen.twin(*carriers(specimen, "random"), symbols={})


@pytest.mark.parametrize("specimen", [s for s in SPECIMENS.values() if s.twin.kind in ("linear", "matmul", "conv1d")])
def test_autocast_changes_no_code(specimen) -> None:  # type: ignore[no-untyped-def]
    inputs = carriers(specimen, "near the highest")
    expected = specimen.twin(*inputs, symbols=specimen.symbols)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = specimen.twin(*inputs, symbols=specimen.symbols)
    assert got.dtype == torch.float32
    assert torch.equal(got, expected)


def test_autocast_would_change_a_plain_product() -> None:
    """So that the test above can fail."""
    left, right = torch.full((4, 40), 127.0), torch.full((40, 4), 125.0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not torch.equal((left @ right).float(), torch.full((4, 4), 127.0 * 125 * 40))


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("taps", [(3,), (2, 3)])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_convolutions_are_the_law(groups: int, taps: tuple[int, ...], stride: int, dilation: int) -> None:
    generator = torch.Generator().manual_seed(groups)
    rank = len(taps)
    padded = torch.randint(-128, 128, (2, 4, *(13, 11)[:rank]), generator=generator, dtype=torch.int32)
    weight = torch.randint(
        -127, 128, (8 if groups < 4 else 4, 4 // groups, *taps), generator=generator, dtype=torch.int8
    )
    geometry = ((stride, 1)[:rank], (dilation, 1)[:rank], groups)
    expected = IntegerAccumulation().convolve(padded.numpy(), weight.numpy(), *geometry, 2**24)
    got = TorchAccumulation().convolve(padded, weight, *geometry, 2**24)
    assert got.dtype == torch.int64
    assert (got.numpy() == expected).all()
    reference = torch.conv1d if rank == 1 else torch.conv2d
    by_torch = reference(padded.double(), weight.double(), None, geometry[0], 0, geometry[1], groups)
    assert torch.equal(got.double(), by_torch)
