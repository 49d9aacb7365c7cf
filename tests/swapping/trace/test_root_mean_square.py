"""RMS norms that are written out are found."""

import pytest
import torch
from tests.swapping.modules import (
    RootMeanSquare,
    check_whole_way,
)
from tests.swapping.operators import kinds_of, operators_of

from earnest.nn.twins.rms_norm import RmsNorm


@pytest.mark.parametrize("form", ["rsqrt", "square root", "no gain"])
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_an_rms_norm_that_is_written_out_is_one_operator(form: str, target: str) -> None:
    model = RootMeanSquare(form)
    twin = check_whole_way(model, target)
    assert [kind for kind in kinds_of(twin) if kind not in ("add", "linear")] == ["rms_norm"]
    (norm,) = (t for t in operators_of(twin).values() if isinstance(t, RmsNorm))
    gain = {"rsqrt": model.weight, "square root": 1 + model.weight, "no gain": torch.ones(40)}[form]
    torch.testing.assert_close(norm.weight.detach(), gain.detach())
