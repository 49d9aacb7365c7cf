"""Recordings side by side: in order, without gradients, each on one thread."""

import threading
import time

import pytest
import torch

from earnest.nn.parallel import AHEAD, each, one_torch_thread
from earnest.runtime.cores import CORES


def test_results_come_in_order_and_are_told():
    told: list[int] = []
    assert list(each(lambda x: x * x, range(50), told.append)) == [x * x for x in range(50)]
    assert told == list(range(1, 51))
    assert list(each(lambda x: x, [])) == []


def test_every_item_has_one_thread_and_no_gradient():
    x = torch.ones(3, requires_grad=True)
    found = list(each(lambda _: (torch.get_num_threads(), (x * 2).requires_grad, threading.get_ident()), range(64)))
    assert {(threads, gradient) for threads, gradient, _ in found} == {(1, False)}
    assert len({ident for *_, ident in found}) <= CORES
    assert (x * 2).requires_grad


def test_no_more_is_computed_than_somebody_will_soon_ask_for():
    begun: list[int] = []
    results = each(begun.append, range(1000))
    for _ in range(3):
        next(results)
    time.sleep(0.2)
    assert len(begun) <= 3 + AHEAD
    results.close()
    assert len(begun) <= 3 + AHEAD


def test_errors_arrive():
    def fail(x: int) -> int:
        raise ValueError(f"no {x}")

    with pytest.raises(ValueError, match="no 7"):
        list(each(fail, [7]))


def test_the_number_of_threads_is_given_back():
    before = torch.get_num_threads()
    with one_torch_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
