"""A concat and its gradient."""

import torch
from tests.nn.moved import X

from earnest.nn.twins.concat import Concat


def test_a_concat_gives_each_operand_its_part_of_the_gradient() -> None:
    parts = [torch.full((2, n, 3), float(n), requires_grad=True) for n in (1, 4, 2)]
    result = Concat([X, X, X], X, axis=1)(*parts, symbols={})
    above = torch.arange(42.0).reshape(2, 7, 3)
    result.backward(above)
    start = 0
    for part in parts:
        stop = start + part.shape[1]
        assert torch.equal(result[:, start:stop], part)
        assert torch.equal(part.grad, above[:, start:stop])  # type: ignore[arg-type]
        start = stop
