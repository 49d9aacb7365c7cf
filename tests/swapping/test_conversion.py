"""Every operator becomes something by its rule, or is refused by name."""

import pytest
import torch
from tests.swapping.modules import (
    FEATURES,
    PostNorm,
    Unsupported,
)
from tests.swapping.refusing import try_to_swap
from tests.swapping.small import Small

from earnest.errors import CaptureError
from earnest.swapping import conversion
from earnest.swapping.swap import swap
from earnest.swapping.trace.flat import Flat


def test_unsupported_operator_names_itself_and_its_line():
    with pytest.raises(
        CaptureError, match=r"aten\.cumsum\.default has no twin \(.*modules\.py:\d+\)\. Write the module"
    ):
        try_to_swap(Unsupported())


def test_operator_without_a_rule_is_not_left_float(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(conversion, "RULES", {k: v for k, v in conversion.RULES.items() if k != "aten.tanh.default"})
    with pytest.raises(CaptureError, match=r"aten\.tanh\.default has no twin"):
        try_to_swap(PostNorm())


def test_form_that_a_rule_did_not_foresee(monkeypatch: pytest.MonkeyPatch):
    def clumsy(converter: object, node: Flat) -> None:
        raise TypeError("unforeseen")

    monkeypatch.setattr(conversion, "RULES", {**conversion.RULES, "aten.tanh.default": clumsy})
    with pytest.raises(
        CaptureError, match=r"aten\.tanh\.default has a form that is not supported \(TypeError: unforeseen"
    ):
        swap(Small(lambda m, x: torch.tanh(m.lin(x))).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)
