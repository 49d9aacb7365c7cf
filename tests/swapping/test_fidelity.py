"""The net under all rules: twins whose float graph is not the model are refused."""

import pytest
import torch
from tests.swapping.modules import FEATURES
from tests.swapping.small import Small

from earnest.errors import CaptureError
from earnest.swapping import conversion, fidelity
from earnest.swapping.swap import swap


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch):
    """The net under all rules: a rule that takes tanh for ReLU."""
    wrong = {**conversion.RULES, "aten.tanh.default": conversion.RULES["aten.relu.default"]}
    monkeypatch.setattr(conversion, "RULES", wrong)
    with pytest.raises(CaptureError, match="differs from the model by"):
        swap(Small(lambda m, x: torch.tanh(m.lin(x))).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def test_small_outputs_are_compared_at_their_own_size(monkeypatch: pytest.MonkeyPatch):
    wrong = {**conversion.RULES, "aten.tanh.default": conversion.RULES["aten.relu.default"]}
    monkeypatch.setattr(conversion, "RULES", wrong)
    with pytest.raises(CaptureError, match="differs from the model by"):
        swap(Small(lambda m, x: torch.tanh(m.lin(x)) * 1e-6).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)
    assert fidelity.TOLERANCE < 0.01
