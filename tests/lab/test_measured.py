"""Rows of evaluations as typed values."""

import pytest
from tests.lab.report.material import evaluation, experiment

from earnest.errors import LedgerError
from earnest.lab.measured import all_measured, commit_of, different, latest, machine_of, measured


def test_what_only_newer_rows_tell_is_none_in_the_others():
    old = measured({key: value for key, value in evaluation().items() if key not in ("float_model", "machine", "cpus")})
    absent = ("methods", "model", "mean_weight_bits", "effective_bits", "milliseconds", "level", "experiment", "trial")
    assert {getattr(old, key) for key in absent} == {None}
    assert old.machine == "unknown machine"
    new = measured(experiment(methods=["gptq", {"name": "bias", "passes": 2}], search="tpe", trial=4))
    assert new.methods == ("gptq", "name: bias, passes: 2")
    assert (new.mean_weight_bits, new.milliseconds, new.level, new.trial, new.model) == (
        4.0,
        60.0,
        "H4",
        4,
        "conformer",
    )
    assert new.ratio == 7_500_000 / 52_000_000


def test_a_commit_says_whether_it_was_changed():
    assert measured(evaluation()).commit == "0123456"
    assert measured(evaluation(git={"commit": "abcdefghij", "dirty": True})).commit == "abcdefg+"
    assert commit_of({"git": None}) is commit_of({}) is None
    assert machine_of({"cpu": "EPYC", "machine": "x86_64", "cpus": 2}) == "EPYC, 2 cores"


def test_of_a_configuration_the_latest_counts_and_no_other_result_is_lost():
    rows = [evaluation(errors=460), evaluation(errors=470), evaluation(errors=470, level="H4"), evaluation("other")]
    found = all_measured([{"kind": "benchmark"}, *rows])
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
    assert len(latest(all_measured([experiment(), experiment(**{key: changed})]))) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": "gptq"}, "methods"),
        ({"level": 4}, "'level': expected text, got 4"),
        ({"milliseconds": 0}, "'milliseconds' cannot be 0"),
        ({"milliseconds": "1"}, "'milliseconds'"),
        ({"mean_weight_bits": True}, "'mean_weight_bits'"),
        ({"seed": 1.5}, "'seed' cannot be 1.5"),
        ({"interval": [float("-inf"), 1.0]}, "'interval': expected a number up to 1e"),
        ({"words": 10**400}, "'words': expected a number up to 1e"),
        ({"interval": [1.0, 10**400]}, "'interval': expected a number up to 1e"),
        ({"wer": 9.0}, "are no wer of 9.0"),
    ],
)
def test_a_value_of_another_type_is_named(changes, message):
    with pytest.raises(LedgerError, match=message):
        measured(evaluation(**changes))
