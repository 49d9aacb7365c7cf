"""What cannot be captured whole is refused."""

import re

import pytest
from tests.swapping.modules import (
    FEATURES,
    Specialised,
    Twice,
)
from tests.swapping.refusing import try_to_swap

from earnest.errors import CaptureError
from earnest.swapping.swap import swap


def test_training_mode():
    with pytest.raises(CaptureError, match=re.escape("call model.eval() first")):
        swap(Twice().train(), "w8a8", "int8x16", features=FEATURES)


def test_specialised_length():
    with pytest.raises(CaptureError, match=r"batch and time dynamic|was specialised to 141"):
        try_to_swap(Specialised())


def test_length_below_the_shortest():
    with pytest.raises(CaptureError, match="expected a greatest length of at least"):
        swap(Twice().eval(), "w8a8", "int8x16", features=FEATURES, longest=1)
