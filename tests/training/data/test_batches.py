"""Batches hold every utterance once an epoch, within their budget, in an order that the seed decides."""

from itertools import islice

import numpy as np

from earnest.training.data.batches import endless, epoch

LENGTHS = np.random.default_rng(0).integers(50, 1500, size=300).tolist()
MOST = 3000


def test_an_epoch_has_everything_once_and_no_batch_too_large() -> None:
    batches = epoch(LENGTHS, MOST, np.random.default_rng(1))
    assert sorted(index for batch in batches for index in batch) == list(range(len(LENGTHS)))
    assert all(len(batch) * max(LENGTHS[index] for index in batch) <= MOST for batch in batches)


def test_little_of_a_batch_is_padding() -> None:
    batches = epoch(LENGTHS, MOST, np.random.default_rng(1))
    spent = sum(len(batch) * max(LENGTHS[index] for index in batch) for batch in batches)
    assert spent < 1.15 * sum(LENGTHS)


def test_what_is_longer_than_the_budget_stands_alone() -> None:
    batches = epoch([10, 5000, 10, 6000], 3000, np.random.default_rng(0))
    assert sorted(map(sorted, batches)) == [[0, 2], [1], [3]]


def test_the_same_seed_gives_the_same_batches_and_another_others() -> None:
    first, again, other = (list(islice(endless(LENGTHS, MOST, seed), 300)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_epochs_differ() -> None:
    size = len(epoch(LENGTHS, MOST, np.random.default_rng([5, 1, 0])))
    batches = list(islice(endless(LENGTHS, MOST, 5), 2 * size))
    assert batches[:size] != batches[size:]


def test_short_ones_come_first() -> None:
    batches = list(islice(endless(LENGTHS, MOST, 5, short=400, short_steps=7), 100))
    assert all(LENGTHS[index] <= 400 for batch in batches[:7] for index in batch)
    assert any(LENGTHS[index] > 400 for batch in batches[7:] for index in batch)


def test_where_nothing_is_short_everything_is_trained_on_from_the_start() -> None:
    assert len(list(islice(endless([500, 600], MOST, 5, short=400, short_steps=7), 3))) == 3
