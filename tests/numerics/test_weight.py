"""Weights: the nearest codes of each map, scales that are never worse than the extremes', channels that are dead."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.errors import NumericsError, ProgramError
from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import multipliers
from earnest.numerics.weight import BIAS_LIMIT, Steps, folded_bias, live_scales, weight_codes, weight_steps

MAPS = [(2, "symmetric"), (3, "symmetric"), (4, "symmetric"), (8, "symmetric"), (1, "odd"), (2, "odd"), (4, "odd")]
INPUT = Grid(bits=8, signed=True, scale=0.02, zero_point=-17)


def legal(bits: int, weight_map: str) -> list[int]:
    """Every code of a map, from the words of the design."""
    if weight_map == "odd":
        return list(range(-(2**bits - 1), 2**bits, 2))
    return list(range(-(2 ** (bits - 1) - 1), 2 ** (bits - 1)))


def weight_scales(weight: np.ndarray, *, bits: int, weight_map: str, method: str) -> np.ndarray:
    """Scales of rows that are one group each."""
    steps = weight_steps(weight, bits=bits, weight_map=weight_map, method=method, group=weight[0].size)
    assert steps.multiplier.shape == (len(weight), 1)
    assert (steps.multiplier == 1).all()
    return steps.scale


def rows(seed: int, shape: tuple[int, ...] = (5, 40)) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("bits", "weight_map"), MAPS)
def test_a_weight_gets_the_nearest_of_all_codes_by_brute_force(bits: int, weight_map: str) -> None:
    """Exact: the scales are powers of two. On a tie the higher code."""
    scale = np.array([0.25, 0.5, 2.0])
    weight = np.concatenate([rows(0, (3, 200)), np.arange(-40, 41) / 8 * np.ones((3, 1))], axis=1)
    codes = weight_codes(weight, scale, bits=bits, weight_map=weight_map)
    candidates = np.array(legal(bits, weight_map))
    distance = np.abs(weight[..., None].astype(np.float64) / scale[:, None, None] - candidates)
    best = candidates[::-1][distance[..., ::-1].argmin(axis=-1)]
    assert codes.dtype == np.int8
    assert (codes == best).all()


@pytest.mark.parametrize(("bits", "weight_map"), MAPS)
@pytest.mark.parametrize("method", ["extremes", "squared-error"])
def test_scales_are_positive_and_the_search_is_never_worse_than_the_extremes(
    bits: int, weight_map: str, method: str
) -> None:
    weight = rows(1, (5, 400)).astype(np.float64)
    weight[1, 3] = 30.0
    weight[2] = 0.0
    weight[3] *= 1e-30

    def error(scale: np.ndarray) -> np.ndarray:
        real = weight_codes(weight, scale, bits=bits, weight_map=weight_map) * scale[:, None]
        return ((weight - real) ** 2).sum(axis=1)

    extremes = weight_scales(weight, bits=bits, weight_map=weight_map, method="extremes")
    scale = weight_scales(weight, bits=bits, weight_map=weight_map, method=method)
    assert scale.dtype == np.float64
    assert (scale > 0).all()
    assert (error(scale) <= error(extremes)).all()
    largest = legal(bits, weight_map)[-1]
    if method == "extremes":
        live = [0, 1, 4]
        assert (
            np.abs(weight_codes(weight, scale, bits=bits, weight_map=weight_map)[live]).max(axis=1) == largest
        ).all()
        assert scale[live] == pytest.approx(np.abs(weight[live]).max(axis=1) / largest, rel=2**-50)
    elif (bits, weight_map) == (4, "symmetric"):
        assert error(scale)[0] < error(extremes)[0], "at 4 bits the tails of 400 normal weights are worth clipping"


def test_the_rank_of_a_weight_does_not_matter() -> None:
    weight = rows(2, (4, 3, 5, 2))
    flat = weight.reshape(4, -1)
    scale = weight_scales(weight, bits=4, weight_map="symmetric", method="squared-error")
    assert (scale == weight_scales(flat, bits=4, weight_map="symmetric", method="squared-error")).all()
    codes = weight_codes(weight, scale, bits=4, weight_map="symmetric")
    assert (codes.reshape(4, -1) == weight_codes(flat, scale, bits=4, weight_map="symmetric")).all()


def test_steps_are_spread_over_the_weights_of_their_groups() -> None:
    steps = Steps(scale=np.array([0.5, 2.0]), multiplier=np.array([[1, 3], [16, 2]], dtype=np.uint8), group=8)
    spread = steps.spread((2, 3, 4))
    assert spread.reshape(2, 12).tolist() == [[0.5] * 8 + [1.5] * 4, [32.0] * 8 + [4.0] * 4]


def rounding_error(weight: np.ndarray, steps: Steps, bits: int, weight_map: str) -> np.ndarray:
    """Of each row."""
    step = steps.spread(weight.shape)
    return np.square(weight - weight_codes(weight, step, bits=bits, weight_map=weight_map) * step).sum(axis=1)


@pytest.mark.parametrize(("bits", "weight_map"), MAPS)
@pytest.mark.parametrize("group", [8, 12, 16])
def test_multipliers_fit_the_law_and_groups_err_less_than_rows(bits: int, weight_map: str, group: int) -> None:
    """A row whose groups differ in size by far; the last group may be shorter. 8 bits leave no room for multipliers."""
    weight = rows(4, (6, 43)).astype(np.float64) * np.repeat([0.02, 1.0, 0.1, 3.0], [12, 12, 12, 7])
    weight[5] = 0.0
    steps = weight_steps(weight, bits=bits, weight_map=weight_map, method="squared-error", group=group)
    most = min(16, 127 // legal(bits, weight_map)[-1])
    assert steps.multiplier.shape == (6, -(-43 // group))
    assert steps.multiplier.dtype == np.uint8
    assert 1 <= steps.multiplier.min() <= steps.multiplier.max() <= most
    whole = weight_steps(weight, bits=bits, weight_map=weight_map, method="squared-error", group=43)
    error, plain = (rounding_error(weight, each, bits, weight_map) for each in (steps, whole))
    if bits == 4:
        assert (error[:5] < 0.7 * plain[:5]).all()
    elif bits < 4:
        assert (error[:5] < plain[:5]).all()
    assert (steps.scale > 0).all()


@pytest.mark.parametrize(("bits", "weight_map"), MAPS)
def test_the_extremes_of_every_group_are_reached(bits: int, weight_map: str) -> None:
    """No weight is cut off: each is at most half a step beyond the largest code."""
    weight = rows(5, (6, 43)).astype(np.float64) * np.repeat([0.02, 1.0, 0.1, 3.0], [12, 12, 12, 7])
    steps = weight_steps(weight, bits=bits, weight_map=weight_map, method="extremes", group=8)
    assert (np.abs(weight) <= legal(bits, weight_map)[-1] * steps.spread(weight.shape) * (1 + 1e-9)).all()


def test_multipliers_are_the_best_for_their_scale_by_brute_force() -> None:
    """With the scale that was found, no other multiplier of a group errs less, among those of 1 step up or down."""
    weight = rows(6, (4, 64)).astype(np.float64)
    steps = weight_steps(weight, bits=4, weight_map="symmetric", method="squared-error", group=16)

    def error(multiplier: np.ndarray) -> np.ndarray:
        """Of each group."""
        step = Steps(scale=steps.scale, multiplier=multiplier, group=16).spread(weight.shape)
        codes = weight_codes(weight, step, bits=4, weight_map="symmetric")
        return np.square(weight - codes * step).reshape(4, 4, 16).sum(axis=2)

    for change in (-1, 1):
        other = np.clip(steps.multiplier.astype(int) + change, 1, 16).astype(np.uint8)
        assert (error(steps.multiplier) <= error(other) * 1.1).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(bad: float) -> None:
    weight = rows(3)
    weight[2, 2] = bad
    with pytest.raises(NumericsError, match="finite weights"):
        weight_scales(weight, bits=8, weight_map="symmetric", method="extremes")


def test_unknown_words_are_refused() -> None:
    with pytest.raises(NumericsError, match="extremes or squared-error"):
        weight_scales(rows(0), bits=8, weight_map="symmetric", method="best")
    with pytest.raises(ProgramError, match="weight map"):
        weight_scales(rows(0), bits=8, weight_map="even", method="extremes")
    for bits, weight_map in ((8, "odd"), (9, "symmetric"), (1, "symmetric"), (0, "odd")):
        with pytest.raises(ProgramError, match="1 to 8 bits"):
            weight_scales(rows(0), bits=bits, weight_map=weight_map, method="extremes")


@pytest.mark.parametrize(("bits", "weight_map"), MAPS)
def test_dead_channels_keep_their_bias_and_get_a_legal_multiplier(bits: int, weight_map: str) -> None:
    """All-zero and nearly dead rows, with biases of every size: live_scales raises the scale as far as is needed."""
    weight = np.zeros((7, 6))
    weight[4] = 1e-9
    weight[5] = 1e-35
    weight[6] = 0.5
    bias = np.array([0.0, 1.0, -300.0, 1e-8, 7.0, -7.0, 0.25])
    output_scale = 0.05
    chosen = weight_scales(weight, bits=bits, weight_map=weight_map, method="extremes")
    scale = live_scales(chosen, bias, INPUT, output_scale)
    assert (scale >= chosen).all()
    assert scale[6] == chosen[6], "a channel that lives is left alone"
    multiplier, shift = multipliers(INPUT.scale * scale / output_scale)
    codes = weight_codes(weight, scale, bits=bits, weight_map=weight_map)
    folded = folded_bias(codes, bias, scale, INPUT)
    assert np.abs(folded).max() < 2**31
    for row in range(7):
        units = int(folded[row]) + INPUT.zero_point * int(codes[row].astype(np.int64).sum())
        assert abs(units) <= BIAS_LIMIT
        result = Fraction(units * int(multiplier[row]), 2 ** int(shift[row]))
        exact = Fraction(float(bias[row])) / Fraction(output_scale)
        half_unit = Fraction(INPUT.scale) * Fraction(float(scale[row])) / Fraction(output_scale) / 2
        assert abs(result - exact) <= half_unit * (1 + Fraction(1, 2**16)) + abs(exact) * Fraction(1, 2**15)
        assert half_unit <= max(Fraction(1, 2**31), abs(exact) / BIAS_LIMIT) * 2 or row in (4, 6)


def test_a_bias_beyond_the_scale_is_refused_where_it_is_not_raised() -> None:
    with pytest.raises(NumericsError, match="beyond int32"):
        folded_bias(np.ones((1, 4), np.int8), np.array([1.0]), np.array([1e-9]), INPUT)


@given(st.integers(-128, 127), st.integers(0, 2**32 - 1))
def test_the_folded_bias_stands_for_the_zero_point_and_the_bias(zero_point: int, seed: int) -> None:
    """sum w x + folded = sum w (x - z) + units, in Python integers."""
    grid = Grid(bits=8, signed=True, scale=0.5, zero_point=zero_point)
    rng = np.random.default_rng(seed)
    codes, x = rng.integers(-127, 128, (3, 2, 5)), rng.integers(-128, 128, (2, 5))
    bias, scale = np.array([0.375, -11.0, 0.0]), np.array([0.25, 0.5, 1.0])
    folded = folded_bias(codes.astype(np.int8), bias, scale, grid)
    units = [3, -44, 0]
    for row in range(3):
        pairs = list(zip(codes[row].reshape(-1).tolist(), x.reshape(-1).tolist(), strict=True))
        direct = sum(w * (v - zero_point) for w, v in pairs) + units[row]
        assert sum(w * v for w, v in pairs) + int(folded[row]) == direct
