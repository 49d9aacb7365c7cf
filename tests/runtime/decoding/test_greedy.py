"""The best class, and the lowest index of those that tie."""

import numpy as np

from earnest.runtime.decoding.greedy import argmax, best


def test_argmax_takes_the_lowest_index_on_ties() -> None:
    for dtype in (np.int8, np.int16, np.int32, np.float32):
        logits = np.array([[1, 5, 5, 5], [-7, -7, -7, -7], [0, 1, 2, 3]], dtype=dtype)
        assert argmax(logits).tolist() == [1, 0, 3]


def test_the_lowest_index_wins_a_tie():
    row = np.asarray([5, 9, 9, 3], dtype=np.int16)
    assert best(row, np.ones(4, dtype=bool)) == 1
    assert best(row, np.asarray([True, False, True, True])) == 2
