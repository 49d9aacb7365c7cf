"""A draft: names by module paths, and what nothing reads is dropped."""

from tests.swapping.modules import (
    Twice,
    check_whole_way,
)
from tests.swapping.operators import operators_of


def test_called_twice_has_one_weight_and_two_grids():
    operators = operators_of(check_whole_way(Twice()))
    first, second = operators["shared.linear[0]"], operators["shared.linear[1]"]
    assert first.weight is second.weight
    assert first.output is not second.output
    assert first.output.grid != second.output.grid
