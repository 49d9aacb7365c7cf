"""The causal mask, by its definition."""

from itertools import product

import numpy as np
import pytest

from earnest.integer.law.over_keys import ONE, causal


@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (4, 4), (1, 5), (3, 7)])
def test_a_query_sees_the_keys_up_to_its_own(queries: int, keys: int) -> None:
    """The last query is that of the last key: keys before the first query are those of the past."""
    seen = causal((9, queries, keys), np, "cpu")
    assert seen.shape == (queries, keys)
    for i, j in product(range(queries), range(keys)):
        assert seen[i, j] == (j <= i + keys - queries)


def test_one_is_the_largest_code_of_16_bits() -> None:
    assert np.iinfo(np.int16).max == ONE
