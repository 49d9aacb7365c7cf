"""Layout: gradients of what moves codes, against loops over every element."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from tests.nn.moved import X
from tests.nn.specimen import SYMBOLS
from torch import Tensor

from earnest.nn.twin import Twin
from earnest.nn.twins.pad import Pad
from earnest.nn.twins.relative_shift import RelativeShift
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.slice import Slice
from earnest.nn.twins.transpose import Transpose


def sources(twin: Twin, shape: tuple[int, ...], out: tuple[int, ...]) -> dict[tuple[int, ...], tuple[int, ...] | None]:
    """Where each element of the result comes from, None for padding, by the definition of the operator."""

    def flat(index: tuple[int, ...], extents: tuple[int, ...]) -> int:
        total = 0
        for i, extent in zip(index, extents, strict=True):
            total = total * extent + i
        return total

    def unflat(position: int, extents: tuple[int, ...]) -> tuple[int, ...]:
        index = []
        for extent in reversed(extents):
            index.append(position % extent)
            position //= extent
        return tuple(reversed(index))

    def pad(i: tuple[int, ...]) -> tuple[int, ...] | None:
        assert isinstance(twin, Pad)
        moved = tuple(j - b for j, b in zip(i, twin.before, strict=True))
        return moved if all(0 <= j < n for j, n in zip(moved, shape, strict=True)) else None

    rules: dict[str, Callable[[tuple[int, ...]], tuple[int, ...] | None]] = {
        "reshape": lambda i: unflat(flat(i, out), shape),
        "transpose": lambda i: tuple(i[(2, 0, 1).index(axis)] for axis in range(3)),
        "slice": lambda i: (i[0], 1 + 2 * i[1], i[2]),
        "pad": pad,
        "relative_shift": lambda i: (*i[:-2], i[-2], shape[-2] - 1 - i[-2] + i[-1]),
    }
    return {index: rules[twin.kind](index) for index in product(*map(range, out))}


CASES: dict[str, tuple[Twin, tuple[int, ...], tuple[int, ...]]] = {
    "reshape": (Reshape([X], X, shape=("batch", ("*", "time", 3))), (2, 3, 6), (2, 18)),
    "transpose": (Transpose([X], X, order=(2, 0, 1)), (2, 3, 4), (4, 2, 3)),
    "slice": (Slice([X], X, axis=1, start=1, stop="time", step=2), (2, 6, 3), (2, 3, 3)),
    "pad": (Pad([X], X, before=(0, 2, 1), after=(1, 0, 3)), (2, 3, 2), (3, 5, 6)),
    "relative shift": (RelativeShift([X], X), (2, 4, 7), (2, 4, 4)),
    "relative shift of one frame": (RelativeShift([X], X), (2, 3, 1, 1), (2, 3, 1, 1)),
}


@pytest.mark.parametrize(("twin", "shape", "out"), CASES.values(), ids=CASES.keys())
def test_codes_and_gradients_go_where_a_loop_takes_them(
    twin: Twin, shape: tuple[int, ...], out: tuple[int, ...]
) -> None:
    codes = torch.arange(float(torch.tensor(shape).prod())).reshape(shape).requires_grad_()
    result = twin(codes, symbols=SYMBOLS)
    assert result.shape == out
    above = torch.randn(out, generator=torch.Generator().manual_seed(0))
    result.backward(above)
    expected = torch.zeros(shape)
    for index, source in sources(twin, shape, out).items():
        assert result[index] == (X.grid.zero_point if source is None else codes[source])
        if source is not None:
            expected[source] += above[index]
    assert torch.equal(codes.grad, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(("twin", "shape", "out"), CASES.values(), ids=CASES.keys())
def test_reals_move_as_codes_do(twin: Twin, shape: tuple[int, ...], out: tuple[int, ...]) -> None:
    """The float operator of calibration: dequantizing before or after gives the same numbers."""
    codes = torch.arange(float(torch.tensor(shape).prod())).reshape(shape)
    before = twin.real([X.real(codes)], (), SYMBOLS)
    assert before.shape == out
    assert torch.equal(before, X.real(twin(codes, symbols=SYMBOLS)))


def _unchanged(twin: Twin, x: Tensor) -> bool:
    return set(twin(x, symbols=SYMBOLS).unique().tolist()) <= {*x.unique().tolist(), float(X.grid.zero_point)}


def test_no_layout_makes_a_code_of_its_own() -> None:
    for twin, shape, _ in CASES.values():
        assert _unchanged(twin, torch.randint(-128, 128, shape).float())
