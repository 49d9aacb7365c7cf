"""Configurations: the latest row of each stands for it, and no other result is lost."""

import pytest
from tests.report.material import evaluation, experiment

from earnest.report.configurations import different, latest


def test_of_a_configuration_the_latest_counts_and_no_other_result_is_lost():
    found = [evaluation(errors=460), evaluation(errors=470), evaluation(errors=470, level="H4"), evaluation("other")]
    assert [(each.recipe, each.level, each.errors[0]) for each in latest(found)] == [
        ("w8a8", "H4", 440),
        ("other", None, 440),
    ]
    assert [(each.recipe, each.level, each.errors[0]) for each in different(found)] == [
        ("w8a8", None, 430),
        ("w8a8", "H4", 440),
        ("other", None, 440),
    ]


@pytest.mark.parametrize("key", ["program", "recipe", "target", "data", "utterances", "methods", "seed", "cell"])
def test_a_configuration_differs_in_any_of_its_parts(key):
    changed = {"utterances": 3, "seed": 3, "methods": ["x"]}.get(key, "x")
    assert len(latest([experiment(), experiment(**{key: changed})])) == 2
