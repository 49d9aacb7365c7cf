"""What a rule may ask for: sizes at every length, numbers and weights that depend on no data."""

import pytest
import torch
from tests.swapping.modules import FEATURES, check_whole_way
from tests.swapping.small import Small, refuse
from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import TIME
from earnest.swapping.capture import capture
from earnest.swapping.rules.converter import Converter
from earnest.swapping.trace.flat import Flat

SOURCE = Flat("x", "features", (), {}, torch.zeros(1, 4), "", "")


@pytest.fixture
def converter() -> Converter:
    return Converter([SOURCE], {}, {TIME: (3, 50)})


def test_dimensions_are_compared_at_many_lengths(converter: Converter) -> None:
    """Equal at both ends is not enough."""
    assert converter.same_at_all_lengths(("+", TIME, TIME), ("*", 2, TIME))
    assert not converter.same_at_all_lengths(TIME, ("+", TIME, 1))
    bent = ("min", TIME, ("max", 3, ("+", ("*", 2, TIME), -50)))
    assert not converter.same_at_all_lengths(TIME, bent)


def test_greatest_values_of_a_dimension(converter: Converter) -> None:
    assert converter.greatest(("*", 2, TIME)) == 100
    hill = ("min", TIME, ("+", 60, ("*", -1, TIME)))
    assert (converter.greatest(hill), converter.greatest_at_any_length(hill)) == (10, 30)


def test_numbers_are_numbers_and_values_of_data_are_none(converter: Converter) -> None:
    constant = Flat("c", "buffer", (), {}, torch.full((1, 1), 2.5), "c", "", torch.full((1, 1), 2.5))
    assert [converter.scalar(each) for each in (3, constant, SOURCE)] == [3.0, 2.5, None]
    assert [converter.uniform(each) for each in (3, constant, SOURCE)] == [3, 2.5, None]


def test_a_refusal_names_operator_path_line_and_what_to_do(converter: Converter) -> None:
    node = Flat("y", "aten.y.default", (), {}, None, "layers.3", "model.py:7")
    message = str(converter.unsupported(node, "has no twin"))
    assert message.startswith("layers.3: operator aten.y.default has no twin (model.py:7). Write the module")


def test_a_weight_that_two_operators_read_is_one() -> None:
    graph = capture(Small(lambda m, x: m.out(m.out(m.lin(x)))).eval(), features=FEATURES, longest=200)
    weights = [node.parameters["weight"] for node in graph.operators]
    assert [weights[1] is weights[2], weights[0] is weights[1]] == [True, False]


def _weight_of_data(m: Small, x: Tensor) -> Tensor:
    return functional.linear(m.lin(x), m.lin(x)[0, :8])


def test_a_weight_that_depends_on_data_is_refused() -> None:
    refuse(_weight_of_data, "has a weight that depends on data")


def test_a_parameter_is_a_value_with_its_own_name() -> None:
    twin = check_whole_way(Small(lambda m, x: m.lin(x) + m.out.bias).eval())
    assert "out.bias" in [call.name for call in twin.calls if twin.twin(call.name).kind == "constant"]
