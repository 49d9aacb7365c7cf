"""A product, or a weighted mean where the left operand is numerators."""

from tests.nn.specimen import edge

from earnest.nn.edge import Edge, ProductEdge
from earnest.nn.probabilities import NumeratorEdge, probabilities
from earnest.nn.site import Site
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.weighted_mean import WeightedMean


def at(left: Edge) -> type:
    site = Site(operands=[left, edge(8)], output=edge(8), parameters={}, settings={}, weights={}, gate_bits=16)
    return type(MatMul.at(site))


def test_numerators_ask_for_a_weighted_mean() -> None:
    assert at(NumeratorEdge()) is WeightedMean
    assert at(probabilities()) is MatMul
    assert at(edge(8)) is MatMul


def test_an_accumulator_that_is_handed_on_has_the_multiplier_1() -> None:
    left, right = edge(8, scale=0.3), edge(8, scale=0.7)
    law = MatMul([left, right], ProductEdge(left, right, bits=24, depth=4)).law()
    assert law.multiplier == 1 << law.shift
