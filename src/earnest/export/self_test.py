"""Whether a runtime's 8-bit products are exact: extreme codes, whose sums of neighbouring products leave 16 bits.

Kernels for processors without VNNI add pairs of u8 x s8 products with saturation to 16 bits: 255 * 127 * 2 > 32767.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from earnest.export.graph import Graph

Run = Callable[[bytes, Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
"""Runs a serialised ONNX model on inputs by name, and gives its outputs by name."""

_DEPTH, _ROWS = 67, 5
_PAIRS = tuple((left, right) for left in ("int8", "uint8") for right in ("int8", "uint8"))


def choose_products(run: Run) -> str:
    """The argument for `to_onnx`: "int8" if every extreme product is exact there, else "int32"."""
    model, feeds, expected = extreme_products()
    results = run(model.SerializeToString(), feeds)
    exact = all(np.array_equal(results[name], expected[name]) for name in expected)
    return "int8" if exact else "int32"


def extreme_products() -> tuple[Any, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A model of 8-bit products, its inputs, and the exact results."""
    graph, feeds, expected = Graph(path="self_test"), {}, {}
    for left, right in _PAIRS:
        name = f"{left}_{right}"
        a, b = _extremes(left), _extremes(right).T.copy()
        expected[name] = a.astype(np.int64) @ b.astype(np.int64)
        feeds |= {f"{name}_left": a, f"{name}_right": b}
        ends = [graph.input(f"{name}_{side}", t, (None, None)) for side, t in (("left", left), ("right", right))]
        graph.output(name, graph.node("MatMulInteger", *ends), "int32", 2)
        if right == "int8":
            fixed = graph.constant(b, right, name=f"{name}_weight")
            graph.output(f"{name}_fixed", graph.node("MatMulInteger", ends[0], fixed), "int32", 2)
            taps = graph.constant(b.T[:, :, None], right, name=f"{name}_taps")
            images = graph.node("Unsqueeze", ends[0], graph.constant([2]))
            graph.output(f"{name}_convolution", graph.node("ConvInteger", images, taps), "int32", 3)
            expected[f"{name}_fixed"] = expected[name]
            expected[f"{name}_convolution"] = expected[name][:, :, None]
    return graph.model(), feeds, expected


def _extremes(dtype: str) -> np.ndarray:
    """Rows of codes at the ends: all highest, all lowest, both in turn, one half each, and highest beside 1."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    index = np.arange(_DEPTH)
    rows = [
        np.full(_DEPTH, high),
        np.full(_DEPTH, low),
        np.where(index % 2 == 0, high, low),
        np.where(index < _DEPTH // 2, high, low),
        np.where(index % 3 == 0, 1, high),
    ]
    return np.stack(rows[:_ROWS]).astype(dtype)
