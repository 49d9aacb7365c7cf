"""The captured graph: its kinds, its readers, and that nothing can write to it."""

import dataclasses

import pytest
from tests.swapping.modules import FEATURES, Joined

from earnest.nn.twins.add import Add
from earnest.nn.twins.concat import Concat
from earnest.nn.twins.slice import Slice
from earnest.swapping.capture import capture
from earnest.swapping.graph.graph import Graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    return capture(Joined().eval(), features=FEATURES, longest=200)


def test_readers_are_those_whose_inputs_they_are(graph: Graph) -> None:
    for node in graph.nodes:
        assert set(graph.users[node]) == {other for other in graph.nodes if node in other.inputs}
    assert graph.users[graph.result] == ()


def test_operators_are_all_but_what_is_read(graph: Graph) -> None:
    assert [node for node in graph.nodes if node not in graph.operators] == [graph.input]
    assert (graph.input.kind, graph.input.twin, graph.input.is_a(Add)) == ("input", None, False)
    assert {"linear", "mul", "add", "concat", "slice"} <= {node.kind for node in graph.operators}


def test_layout_moves_one_value_and_a_concat_of_two_does_not(graph: Graph) -> None:
    (concat,) = (node for node in graph.nodes if node.is_a(Concat))
    assert not concat.moves_one
    assert dataclasses.replace(concat, inputs=concat.inputs[:1] * 2).moves_one
    assert all(node.moves_one for node in graph.nodes if node.is_a(Slice))


def test_nothing_writes_to_it(graph: Graph) -> None:
    for frozen, field in ((graph, "result"), (graph.result, "inputs"), (graph.accounts[0], "became")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(frozen, field, None)


def test_every_operator_has_an_account(graph: Graph) -> None:
    told = {node for account in graph.accounts for node in account.nodes}
    assert told == set(graph.operators)
    assert all(account.became or account.nodes for account in graph.accounts)
