"""Rules of layout."""

from tests.swapping.modules import check_whole_way
from tests.swapping.small import Small, refuse
from torch import Tensor


def _middle(m: Small, x: Tensor) -> Tensor:
    return m.lin(x)[:, x.shape[1] // 2]


def test_a_place_that_depends_on_the_length_is_refused():
    refuse(_middle, r"aten\.select\.int has a form that is not supported")


def _trimmed(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return m.out(h[:, 1:-1] + h[:, 2:])


def test_what_is_trimmed():
    check_whole_way(Small(_trimmed).eval())
