"""Tables: real functions sampled at every code, each entry rounded once, ties up."""

from collections.abc import Callable

import numpy as np
from scipy import special

from earnest.errors import NumericsError
from earnest.integer.softmax import ONE
from earnest.integer.table import FRACTION_BITS, KNOTS, SPACING_BITS
from earnest.numerics.grid import Grid, dequantize, quantize

Function = Callable[[np.ndarray], np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return special.expit(x)


def silu(x: np.ndarray) -> np.ndarray:
    """x sigmoid(x) [Elfwing 2017, arXiv:1702.03118]."""
    return x * special.expit(x)


def gelu(x: np.ndarray) -> np.ndarray:
    """x Phi(x) [Hendrycks 2016, arXiv:1606.08415]."""
    return x * special.ndtr(x)


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    """The tanh form of GELU."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0)."""
    return np.maximum(x, 0.0)


FUNCTIONS: dict[str, Function] = {
    "relu": relu,
    "silu": silu,
    "sigmoid": sigmoid,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "tanh": np.tanh,
}


def code_table(function: Function, input_grid: Grid, output_grid: Grid) -> np.ndarray:
    """One entry for each input code of at most 8 bits, int64."""
    low, high = input_grid.codes
    return quantize(function(dequantize(np.arange(low, high + 1), input_grid)), output_grid)


def knots(function: Function, input_grid: Grid, output_grid: Grid) -> np.ndarray:
    """513 entries over the 16-bit codes, int64, in units of 2^-8 of the output's code; the zero point is included."""
    positions = np.arange(KNOTS) * (1 << SPACING_BITS) - (1 << 15)
    reals = function(dequantize(positions, input_grid)) / output_grid.scale + output_grid.zero_point
    entries = np.floor(reals * (1 << FRACTION_BITS) + 0.5)
    if np.abs(entries).max() >= 1 << 31:
        raise NumericsError("an interpolated table exceeds int32: the output's scale is far too small")
    return entries.astype(np.int64)


def softmax_tables(scale: float, bits: int, fine_bits: int) -> tuple[np.ndarray, np.ndarray]:
    """exp(-scale d) of the coarse and the fine part of d, in Q15: `coarse` starts at 32767, `fine` at 32768."""
    coarse = np.exp(-scale * (np.arange(1 << (bits - fine_bits)) * (1 << fine_bits)))
    fine = np.exp(-scale * np.arange(1 << fine_bits))
    return (
        np.floor(coarse * ONE + 0.5).astype(np.int64),
        np.floor(fine * (ONE + 1) + 0.5).astype(np.int64),
    )


def exponential_table(scale: float, bits: int) -> np.ndarray:
    """exp(-scale d) for every difference d of two codes, 0 .. 255, starting at 255."""
    return np.floor(np.exp(-scale * np.arange(1 << bits)) * 255 + 0.5).astype(np.int64)


def gate_table(input_grid: Grid, gate_bits: int) -> tuple[np.ndarray, float]:
    """The sigmoid at every code of the input, and the scale of its entries; 1 is the largest code of `gate_bits`
    bits.
    """
    scale = 1.0 / ((1 << (gate_bits - 1)) - 1)
    grid = Grid(bits=gate_bits, signed=True, scale=scale, zero_point=0)
    return code_table(sigmoid, input_grid, grid), scale
