"""Whether a runtime's 8-bit products are exact: extreme codes, whose sums of neighbouring products leave 16 bits.

Kernels for processors without VNNI add pairs of u8 x s8 products with saturation to 16 bits: 255 * 127 * 2 > 32767.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from earnest.export.onnx.graph import Graph

Run = Callable[[bytes, Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
"""Runs a serialised ONNX model on inputs by name, and gives its outputs by name."""

_DEPTH = 67
_PAIRS = tuple((left, right) for left in ("int8", "uint8") for right in ("int8", "uint8"))


def choose_products(run: Run) -> str:
    """The argument for `to_onnx`: "int8" if every extreme product is exact there, else "int32"."""
    model, feeds, expected = extreme_products()
    results = run(model.SerializeToString(), feeds)
    exact = all(np.array_equal(results[name], expected[name]) for name in expected)
    return "int8" if exact else "int32"


def extreme_products() -> tuple[Any, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A model of 8-bit products, its inputs, and the exact results; a single row often has a kernel of its own."""
    graph, feeds, expected = Graph(path="self_test"), {}, {}
    for left, right in _PAIRS:
        rows, columns = _extremes(left), _extremes(right).T.copy()
        for count in (1, len(rows)):
            name = f"{left}_{right}_{count}"
            feeds |= {f"{name}_left": rows[:count], f"{name}_right": columns}
            exact = rows[:count].astype(np.int64) @ columns.astype(np.int64)
            x = graph.input(f"{name}_left", left, (None, None))
            y = graph.input(f"{name}_right", right, (None, None))
            results = {name: graph.node("MatMulInteger", x, y)}
            if right == "int8":
                weight, taps = graph.constant(columns, right), graph.constant(columns.T[:, :, None], right)
                image = graph.node("Unsqueeze", x, graph.constant([2]))
                results[f"{name}_fixed"] = graph.node("MatMulInteger", x, weight)
                convolved = graph.node("ConvInteger", image, taps)
                results[f"{name}_convolution"] = graph.node("Squeeze", convolved, graph.constant([2]))
            for output, tensor in results.items():
                graph.output(output, tensor, "int32", 2)
                expected[output] = exact
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
    return np.stack(rows).astype(dtype)
