"""The flat graph: every node with its operator, path, line and readers, and what a result depends on."""

import pytest
import torch
from torch import Tensor, nn
from torch.export import export

from earnest.errors import CaptureError
from earnest.swapping.trace.flat import Flat, flatten, needed


class Gated(nn.Module):
    """A part without gradients, which torch wraps in a graph of its own, and something that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.register_buffer("shift", torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        h = self.inner(x)
        torch.sigmoid(h)
        with torch.no_grad():
            gate = torch.tanh(h + self.shift)
        return torch.relu(h) * gate


@pytest.fixture(scope="module")
def graph() -> tuple[list[Flat], Flat]:
    return flatten(export(Gated().eval(), (torch.zeros(2, 3),), strict=False))


def test_every_operator_is_there_in_order(graph):
    nodes, result = graph
    operators = [node.operator.split(".")[1] for node in nodes if node.operator.startswith("aten.")]
    assert operators == ["linear", "sigmoid", "add", "tanh", "relu", "mul"]
    assert result.operator == "aten.mul.Tensor"
    assert [node.target for node in nodes if node.is_input] == ["features"]


def test_leaves_hold_their_tensors_and_operators_their_places(graph):
    nodes, _ = graph
    leaves = {node.path: node.target for node in nodes if node.tensor is not None}
    assert leaves == {"inner.weight": "parameter", "inner.bias": "parameter", "shift": "buffer"}
    (linear,) = (node for node in nodes if node.operator == "aten.linear.default")
    assert linear.path == "inner"
    (relu,) = (node for node in nodes if node.operator == "aten.relu.default")
    assert "test_flat.py:" in relu.source


def test_readers_are_those_that_read(graph):
    nodes, _ = graph
    (linear,) = (node for node in nodes if node.operator == "aten.linear.default")
    assert sorted(user.operator for user in linear.users) == [
        "aten.add.Tensor",
        "aten.relu.default",
        "aten.sigmoid.default",
    ]


def test_what_nothing_reads_is_not_needed(graph):
    nodes, result = graph
    left = [node.operator for node in nodes if node not in needed(nodes, result)]
    assert left == ["aten.sigmoid.default"]


def test_arguments_by_place_and_by_name():
    node = Flat("x", "aten.x.default", (1, None), {"scale": 3, "none": None}, None, "", "")
    assert [node.argument(0, "first", 9), node.argument(1, "second", 9), node.argument(2, "scale")] == [1, 9, 3]
    assert (node.argument(5, "none", 7), node.argument(6, "absent")) == (7, None)


def test_two_results_are_refused():
    class Two(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x + 1, x * 2

    with pytest.raises(CaptureError, match="expected a model that returns one tensor, got 2"):
        flatten(export(Two(), (torch.zeros(2),), strict=False))
