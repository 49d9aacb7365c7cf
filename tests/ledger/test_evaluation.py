"""Rows of kind "evaluation": what is missing, of another type or contradicts itself is refused."""

import pytest

from earnest.errors import LedgerError
from earnest.ledger.evaluation import EvaluationRow
from ledger.evaluation_row import EXPERIMENT, ROW


@pytest.mark.parametrize("key", ROW)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        EvaluationRow.of({name: value for name, value in ROW.items() if name != key})


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "training"},
        {"utterances": "646"},
        {"utterances": True},
        {"words": 0},
        {"float_bytes": 0},
        {"interval": [0.1]},
        {"interval": [0.2, 0.1]},
        {"interval": "ab"},
        {"interval": ["a", "b"]},
        {"wer": None},
        {"wer": 4.6},
        {"float_wer": 4.4},
        {"difference": -0.17},
        {"insertions": 31},
        {"git": "abc"},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changed: dict) -> None:
    EvaluationRow.of(ROW)
    with pytest.raises(LedgerError):
        EvaluationRow.of(ROW | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": "0"},
        {"methods": "gptq"},
        {"weights": 0},
        {"effective_bits": 8.0},
        {"milliseconds": -1.0},
        {"calibration": None},
        {"trial": "1"},
    ],
)
def test_what_an_experiment_adds_is_checked(changed: dict) -> None:
    EvaluationRow.of(ROW | EXPERIMENT)
    with pytest.raises(LedgerError):
        EvaluationRow.of(ROW | EXPERIMENT | changed)


def test_what_only_newer_rows_tell_is_none_in_the_others() -> None:
    old = EvaluationRow.of(ROW)
    absent = ("methods", "float_model", "mean_weight_bits", "effective_bits", "milliseconds", "level", "experiment")
    assert {getattr(old, key) for key in (*absent, "trial", "machine", "cpus")} == {None}
    assert old.machine_name == "unknown machine"
    assert old.content() == ROW | {"interval": tuple(ROW["interval"])}
    methods = ["gptq", {"name": "bias", "passes": 2}]
    new = EvaluationRow.of(ROW | EXPERIMENT | {"methods": methods, "search": "tpe", "trial": 4, "level": "H4"})
    assert new.method_names == ("gptq", "name: bias, passes: 2")
    assert (new.mean_weight_bits, new.milliseconds, new.level, new.trial) == (8.0, 60.5, "H4", 4)
    assert new.ratio == 13_456_000 / 52_000_000
    assert (new.errors, new.float_errors) == ((400, 37, 30), (390, 35, 25))


def test_a_commit_says_whether_it_was_changed() -> None:
    commit = "0123456789" * 4
    assert EvaluationRow.of(ROW).commit is None
    assert EvaluationRow.of(ROW | {"git": {"commit": commit, "dirty": False}}).commit == "0123456"
    assert EvaluationRow.of(ROW | {"git": {"commit": commit, "dirty": True}}).commit == "0123456+"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": "gptq"}, "'methods'"),
        ({"level": 4}, "'level': expected text, got 4"),
        ({"level": None}, "'level': expected a value, or no such key, got None"),
        ({"milliseconds": 0}, "'milliseconds': expected a number above 0, got 0"),
        ({"milliseconds": "1"}, "'milliseconds': expected a number, got '1'"),
        ({"mean_weight_bits": True}, "'mean_weight_bits': expected a number, got True"),
        ({"seed": 1.5}, "'seed': expected a whole number, got 1.5"),
        ({"interval": [float("-inf"), 1.0]}, r"'interval\.0': expected a number up to 1e"),
        ({"words": 10**400}, "'words': expected a number up to 1e"),
        (
            {"interval": [1.0, 10**5000]},
            r"'interval\.1': expected a number up to.*, got a number of too many digits",
        ),
        ({"wer": 9.0}, "are no wer of 9.0"),
        ({"wers": 9.0}, "'wers': expected no such key, got 9.0"),
        ({"git": {"commit": "a", "dirty": 0}}, r"'git\.dirty': expected true or false, got 0"),
    ],
)
def test_a_value_of_another_type_is_named_in_one_line(changes: dict, message: str) -> None:
    with pytest.raises(LedgerError, match=f"^the ledger, an evaluation: .*{message}") as caught:
        EvaluationRow.of(ROW | changes)
    assert "\n" not in str(caught.value)


def test_a_row_is_extended_and_checked_anew() -> None:
    row = EvaluationRow.of(ROW)
    assert row.extended(EXPERIMENT) == EvaluationRow.of(ROW | EXPERIMENT)
    with pytest.raises(LedgerError, match="'seed'"):
        row.extended({"seed": "0"})
    assert "command" not in row.figures()
