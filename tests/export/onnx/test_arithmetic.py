"""The fixed point of the graph is that of the law, at the ends of every range."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.export.onnx.session import run_model

from earnest.errors import EarnestError, ProgramError
from earnest.export.onnx import arithmetic, dimension
from earnest.export.onnx.graph import Graph
from earnest.integer import fixed_point
from earnest.integer.dimension import Dimension, evaluate

POWERS = [sign * (1 << i) + d for i in range(62) for sign in (-1, 1) for d in range(-2, 3)]


def run(make: Callable[[Graph, str], str], values: np.ndarray) -> np.ndarray:
    graph = Graph(path="test")
    x = graph.input("x", str(values.dtype), (None,) * values.ndim)
    result = make(graph, x)
    graph.output("y", result, graph.type_of(result), values.ndim)
    return run_model(graph.model(), {"x": values})["y"]


def test_shifts_floor() -> None:
    values = np.asarray(POWERS, dtype=np.int64)
    shifts = np.arange(1, 48, dtype=np.uint8)[:, None]
    codes = run(lambda graph, x: arithmetic.shift_round(graph, x, shifts), values[None, :])
    assert np.array_equal(codes, fixed_point.shift_round(values, shifts.astype(np.int64)))


def test_shifts_by_data_floor() -> None:
    shifts = np.arange(1, 63, dtype=np.int64)[:, None]
    values = np.asarray([v for v in POWERS if abs(v) < 1 << 61], dtype=np.int64)
    codes = run(lambda graph, s: arithmetic.shift_round_by(graph, graph.constant(values), s), shifts)
    assert np.array_equal(codes, fixed_point.shift_round(values, shifts))


def test_square_root_is_the_largest() -> None:
    roots = np.concatenate([np.arange(1 << 12), (1 << 16) - np.arange(1 << 12), np.arange(0, 1 << 16, 997)])
    values = np.concatenate([roots**2, roots**2 + 2 * roots, np.maximum(roots**2 - 1, 0)])
    values = values[values <= 1 << 32][:, None]
    assert np.array_equal(run(arithmetic.square_root, values), fixed_point.square_root(values))


def test_bit_length() -> None:
    values = np.asarray([v for v in POWERS if 0 <= v < 1 << 32])[:, None]
    digits = run(lambda graph, x: arithmetic.bit_length(graph, x, 32), values)
    assert digits[:, 0].tolist() == [int(v).bit_length() for v in values[:, 0]]


@pytest.mark.parametrize(
    "expression",
    [
        7,
        "time",
        ("+", "time", 3, ("*", "time", -2)),
        ("//", ("+", ("*", "time", -1), 1), 2),
        ("%", ("+", ("*", "time", -1), 1), 3),
        ("//", ("+", "time", -9), -4),
        ("%", ("+", "time", -9), -4),
        ("max", 1, ("+", "time", -5), 2),
        ("min", ("//", 40, ("+", "time", 1)), "time", 9),
    ],
)
def test_dimensions_are_computed_in_the_graph(expression: Dimension) -> None:
    for time in (0, 1, 2, 3, 8, 41):

        def make(graph: Graph, x: str) -> str:
            graph.symbols["time"] = x
            return dimension.emit(graph, expression)

        assert run(make, np.array(time)).item() == evaluate(expression, {"time": time})


@pytest.mark.parametrize("expression", ["frames", ("-", "time", 1), (), None, True, ("//", 1, 0)])
def test_what_is_no_dimension_is_refused(expression: object) -> None:
    graph = Graph(path="test", symbols={"time": "time"})
    with pytest.raises(ProgramError):
        dimension.emit(graph, expression)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "dtype"), [([0.5], "int64"), ([300], "int8"), ([1], "float32"), ([1 << 32], "int32")]
)
def test_a_constant_that_its_type_does_not_hold_is_refused(values: list, dtype: str) -> None:
    with pytest.raises(ProgramError):
        Graph(path="test").constant(values, dtype)


def test_a_float_type_cannot_be_made() -> None:
    graph = Graph(path="test")
    with pytest.raises(ProgramError, match="expected a type of"):
        graph.input("x", "float32", (3,))


def test_equal_nodes_and_constants_are_made_once() -> None:
    graph = Graph(path="test")
    x = graph.input("x", "int64", (None,))
    assert arithmetic.add(graph, x, 3) == graph.node("Add", x, graph.constant(np.int8(3)))
    assert graph.constant(3, "int32") != graph.constant(3)


def test_without_onnx_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(EarnestError, match="pip install"):
        Graph(path="test").model()
