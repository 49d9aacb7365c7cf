"""The law gives the frozen results."""

import copy

import pytest
from tests.integer.golden_vectors import FOLDER, load, main, replay

from earnest.integer.law.operators import OPERATORS

FROZEN = [pytest.param(kind, entry, id=f"{kind}: {entry['name']}") for kind in OPERATORS for entry in load(kind)]


@pytest.mark.parametrize(("kind", "entry"), FROZEN)
def test_frozen_result(kind, entry):
    assert replay(kind, entry)


@pytest.mark.parametrize("kind", OPERATORS)
def test_a_changed_code_is_noticed(kind):
    entry = copy.deepcopy(load(kind)[0])
    entry["result"]["codes"][-1] += 1
    assert not replay(kind, entry)


def test_golden_vectors_are_small_and_whole():
    files = list(FOLDER.glob("*.json"))
    assert {path.stem for path in files} == set(OPERATORS)
    assert sum(path.stat().st_size for path in files) < 400_000
    assert main([]) == 0
    assert main(["--wrong"]) == 2
