"""A recurrence is one operator while a model is captured, and none afterwards."""

import pytest
import torch
from tests.swapping.modules import FEATURES, inputs
from tests.swapping.remembering import Remembering

from earnest.errors import CaptureError
from earnest.swapping.swap import swap


def test_a_model_that_is_captured_stays_as_it_is() -> None:
    model = Remembering("lstm", batch_first=True).eval()
    (x,) = inputs((20,))
    with torch.no_grad():
        before = model(x)
        swap(model, "w8a8", "int8x16", features=FEATURES, longest=100)
        torch.testing.assert_close(model(x), before, rtol=0, atol=0)
    assert model.memory.training is False


def test_a_recurrence_in_training_is_refused() -> None:
    model = Remembering("lstm", num_layers=2, dropout=0.5).eval()
    model.memory.train()
    with pytest.raises(CaptureError, match="in evaluation mode"):
        swap(model, "w8a8", "int8x16", features=FEATURES, longest=100)
