"""Which form of softmax an edge asks for, and the mask of its float operator."""

import torch
from tests.nn.specimen import edge

from earnest.nn.edge import Edge
from earnest.nn.probabilities import NumeratorEdge, probabilities
from earnest.nn.site import Site
from earnest.nn.twins.softmax import Exponential, Softmax, SoftmaxRows


def site(output: Edge) -> Site:
    return Site(operands=[edge(8)], output=output, parameters={}, settings={"masked": True}, weights={}, gate_bits=16)


def test_the_edge_decides_the_form() -> None:
    assert type(SoftmaxRows.at(site(probabilities()))) is Softmax
    assert type(SoftmaxRows.at(site(NumeratorEdge()))) is Exponential
    assert type(SoftmaxRows.output_edge(8)) is NumeratorEdge
    assert (SoftmaxRows.output_edge(16).bits, SoftmaxRows.output_edge(16).signed) == (16, True)


def test_masked_rows_see_nothing_later() -> None:
    made = Softmax([edge(8)], probabilities(), masked=True).real([torch.zeros(1, 3, 3)], (), {})
    torch.testing.assert_close(made[0], torch.tensor([[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]))


def test_scores_of_8_bits_need_no_fine_table() -> None:
    eight, sixteen = (Softmax([edge(bits)], probabilities(), masked=False).law() for bits in (8, 16))
    assert (eight.fine_bits, len(eight.coarse), len(eight.fine)) == (0, 256, 1)
    assert (sixteen.fine_bits, len(sixteen.coarse), len(sixteen.fine)) == (8, 256, 256)
