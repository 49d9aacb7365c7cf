"""The report accounts for every operator of the exported graph."""

import io

import pytest
import torch
from rich.console import Console
from tests.swapping.modules import FEATURES, Attention, Norms, inputs, swapped
from torch.export import Dim

from earnest.models.conformer.config import ConformerConfig
from earnest.models.hub.random_weights import random_conformer
from earnest.nn.model import TwinModel
from earnest.swapping.swap import swap


@pytest.fixture(scope="module")
def model() -> tuple[Norms, TwinModel]:
    """A model with folded and plain operators."""
    float_model = Norms().eval()
    return float_model, swapped(float_model)


def test_every_operator_has_a_row(model):
    float_model, twin = model
    (example,) = inputs((141,), batch=2)
    shapes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},)
    exported = torch.export.export(float_model, (example,), dynamic_shapes=shapes, strict=False)
    expected = [str(node.target) for node in exported.graph.nodes if node.op == "call_function"]
    assert [row.aten for row in twin.report.rows if row.aten] == expected
    became = {row.aten: row.became for row in twin.report.rows if "batch_norm" in row.aten or "weight_norm" in row.aten}
    assert list(became.values()).count("folded into conv") <= 1
    assert "conv1d" in became.values()
    assert all(row.became for row in twin.report.rows)
    assert not any(row.became == "unused" for row in twin.report.rows)


@pytest.mark.parametrize("name", ["Norms", "Conformer", "Attention"])
def test_report_has_the_operators_of_the_program(name: str):
    """Kinds of the report, inserted changes of grid included, are those of the twins, each as often."""
    config = ConformerConfig(
        features=FEATURES,
        width=16,
        layers=1,
        heads=2,
        feed_forward=32,
        kernel=7,
        channels=8,
        classes=11,
        max_frames=400,
    )
    models = {
        "Norms": Norms,
        "Attention": lambda: Attention(causal=True),
        "Conformer": lambda: random_conformer(0, config),
    }
    twin = swap(models[name]().eval(), "w8a8", "int8x16", features=FEATURES, longest=200)
    paths = {row.path: row.became for row in (*twin.report.rows, *twin.report.inserted) if row.output}
    assert paths == {call.name: twin.twin(call.name).kind for call in twin.calls}
    if name == "Conformer":
        parts = [row.aten for row in twin.report.rows if row.became.startswith("part of ")]
        assert [part.split(".")[1] for part in parts] == ["pad", "view", "slice", "view"]


def test_rows_hold_rule_and_bits(model):
    _, twin = model
    row = next(row for row in twin.report.rows if row.path == "conv")
    assert (row.became, row.rule, row.inputs, row.weight, row.output) == ("conv1d", "w8a8:1", "8", "8", "8")


def test_table_prints_everything(model):
    _, twin = model
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(twin.report.table())
    text = console.export_text()
    for row in twin.report.rows:
        assert row.aten.removeprefix("aten.") in text
