"""Tables: real functions sampled at every code, each entry rounded once, ties up."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from scipy import special  # pyright: ignore[reportMissingTypeStubs]

from earnest.errors import NumericsError
from earnest.integer.law.interpolated_table import FRACTION_BITS, KNOTS, SPACING_BITS
from earnest.integer.law.over_keys import ONE
from earnest.numerics.grid import Grid, dequantize, quantize

Function = Callable[..., np.ndarray]


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


def clamp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """min(max(x, low), high): ReLU6, hard tanh, and the part below 0."""
    return np.minimum(np.maximum(x, low), high)


def leaky_relu(x: np.ndarray, slope: float) -> np.ndarray:
    """x from 0 on, slope x below [Maas 2013]."""
    return np.where(x >= 0, x, slope * x)


def elu(x: np.ndarray, alpha: float, scale: float, input_scale: float) -> np.ndarray:
    """scale x from 0 on, scale alpha (exp(input_scale x) - 1) below: ELU [Clevert 2015, arXiv:1511.07289], and with
    other numbers CELU [Barron 2017, arXiv:1704.07483] and SELU [Klambauer 2017, arXiv:1706.02515].
    """
    return scale * np.where(x >= 0, x, alpha * np.expm1(input_scale * np.minimum(x, 0.0)))


def hard_sigmoid(x: np.ndarray) -> np.ndarray:
    """clamp(x / 6 + 1/2, 0, 1) [Howard 2019, arXiv:1905.02244]."""
    return clamp(x / 6 + 0.5, 0.0, 1.0)


def hard_swish(x: np.ndarray) -> np.ndarray:
    """x times the hard sigmoid [Howard 2019, arXiv:1905.02244]."""
    return x * hard_sigmoid(x)


def softplus(x: np.ndarray, beta: float, threshold: float) -> np.ndarray:
    """log(1 + exp(beta x)) / beta; x itself where beta x is above the threshold."""
    return np.where(beta * x > threshold, x, np.logaddexp(0.0, beta * x) / beta)


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    """log of the sigmoid."""
    return -np.logaddexp(0.0, -x)


def mish(x: np.ndarray) -> np.ndarray:
    """x tanh(log(1 + exp(x))) [Misra 2019, arXiv:1908.08681]."""
    return x * np.tanh(np.logaddexp(0.0, x))


FUNCTIONS: dict[str, Function] = {
    "relu": relu,
    "silu": silu,
    "sigmoid": sigmoid,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "tanh": np.tanh,
    "clamp": clamp,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": hard_swish,
    "softplus": softplus,
    "log_sigmoid": log_sigmoid,
    "mish": mish,
    "exp": np.exp,
    "abs": np.abs,
    "square": np.square,
}


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A function of one real: its name among FUNCTIONS, and the parameters that it takes behind x, in their order."""

    name: str
    parameters: tuple[float, ...] = ()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The function of each element, in float64."""
        return FUNCTIONS[self.name](x, *self.parameters)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{each:g}' for each in self.parameters)})" if self.parameters else self.name


def code_table(function: Function, input_grid: Grid, output_grid: Grid) -> Int64[np.ndarray, " codes"]:
    """One entry for each input code of at most 8 bits."""
    low, high = input_grid.codes
    return quantize(function(dequantize(np.arange(low, high + 1), input_grid)), output_grid)


def knots(function: Function, input_grid: Grid, output_grid: Grid) -> Int64[np.ndarray, "513"]:
    """Entries over the 16-bit codes, in units of 2^-8 of the output's code; the zero point is included."""
    positions = np.arange(KNOTS) * (1 << SPACING_BITS) - (1 << 15)
    reals = function(dequantize(positions, input_grid)) / output_grid.scale + output_grid.zero_point
    entries = np.floor(reals * (1 << FRACTION_BITS) + 0.5)
    if np.abs(entries).max() >= 1 << 31:
        raise NumericsError("an interpolated table exceeds int32: the output's scale is far too small")
    return entries.astype(np.int64)


def softmax_tables(
    scale: float, bits: int, fine_bits: int
) -> tuple[Int64[np.ndarray, " coarse"], Int64[np.ndarray, " fine"]]:
    """exp(-scale d) of the coarse and the fine part of d, in Q15: `coarse` starts at 32767, `fine` at 32768."""
    coarse = np.exp(-scale * (np.arange(1 << (bits - fine_bits)) * (1 << fine_bits)))
    fine = np.exp(-scale * np.arange(1 << fine_bits))
    return (
        np.floor(coarse * ONE + 0.5).astype(np.int64),
        np.floor(fine * (ONE + 1) + 0.5).astype(np.int64),
    )


def exponential_table(scale: float, bits: int) -> Int64[np.ndarray, " codes"]:
    """exp(-scale d) for every difference d of two codes, 0 .. 255, starting at 255."""
    return np.floor(np.exp(-scale * np.arange(1 << bits)) * 255 + 0.5).astype(np.int64)


def gate_table(input_grid: Grid, gate_bits: int) -> tuple[Int64[np.ndarray, " codes"], float]:
    """The sigmoid at every code of the input, and the scale of its entries; 1 is the largest code of `gate_bits`
    bits.
    """
    scale = 1.0 / ((1 << (gate_bits - 1)) - 1)
    grid = Grid(bits=gate_bits, signed=True, scale=scale, zero_point=0)
    return code_table(sigmoid, input_grid, grid), scale
