"""The judge of evaluations counts for itself, judges our own records, and refuses what is no record."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.evaluation import CHEATS, HONEST, claim, drop, put, record, verdict

from earnest.errors import EarnestError, FileError
from earnest.evaluation.evaluation import evaluate
from earnest.evaluation.figures import figures
from earnest.evaluation.record import record as written
from earnest.evaluation.record import text
from earnest.file import open_program
from earnest.judge.evaluation import RULES, judge_evaluation
from earnest.judge.verdict import Section
from earnest.runtime.description import describe
from earnest.speech.librispeech import read_split
from earnest.speech.significance import paired_bootstrap
from synthetic import TinyWorld


@pytest.fixture(scope="module")
def ours(tiny_world: TinyWorld) -> dict[str, Any]:
    """The record that our own evaluation writes, with the figures that it prints."""
    utterances = read_split(tiny_world.data, transcripts="required")
    evaluation = evaluate(tiny_world.program, utterances, against=tiny_world.model, jobs=1, backend="native")
    content = written(evaluation, data="synthetic", data_sha256="0" * 64, available=len(utterances))
    return {"text": text(content), "figures": figures(evaluation)}


def judged_alone(given: dict[str, Any], **more: Any) -> Section:
    return verdict(given, **more).sections[0]


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_a_cheat_fails_its_rule_alone(cheat: Cheat, tmp_path: Path):
    assert {finding.rule for finding in cheat.judge(tmp_path).failed} == {cheat.rule}
    assert cheat.alone


@pytest.mark.parametrize("honest", HONEST, ids=lambda honest: honest.name)
def test_nothing_honest_fails(honest: Honest, tmp_path: Path):
    section = honest.judge(tmp_path).sections[0]
    assert section.findings == []
    assert section.unjudged == {}


def test_every_rule_has_a_cheat():
    assert {rule.name for rule in RULES} == {cheat.rule for cheat in CHEATS}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_our_own_record_is_judged_and_its_figures_agree(ours: dict[str, Any], tiny_world: TinyWorld, tmp_path: Path):
    file = tmp_path / "record.json"
    file.write_text(ours["text"], encoding="utf-8")
    calibration = [(one.id, one.audio_sha256) for one in describe(open_program(tiny_world.program)).calibration]
    section = judge_evaluation(file, calibration=calibration, margin=0.3)
    assert {finding.rule for finding in section.findings} == {"disjoint"}  # the tiny program was calibrated on them
    assert "got 6: " in section.findings[0].what
    elsewhere = judge_evaluation(json.loads(ours["text"]), calibration=[("elsewhere", "0" * 64)], margin=0.3)
    assert elsewhere.findings == []
    shown, found = ours["figures"], elsewhere.figures
    assert found["words"] == shown["words"]
    for key, prefix in (("program", ""), ("float_model", "float_")):
        assert found[key]["wer"] == pytest.approx(shown[f"{prefix}wer"], abs=1e-4)
        assert found[key]["empty"] == shown[f"{prefix}empty_hypotheses"]
    assert found["interval"] == pytest.approx(shown["interval"], abs=1e-4)
    assert found["difference"] == pytest.approx(shown["difference"], abs=1e-4)
    assert found["non_inferior"] is (found["interval"][1] < 0.3)


def test_the_interval_is_that_of_our_own_bootstrap():
    given = record(count=50, words=700, worse=7)
    counts = [[sum(one[key].values()) for one in given["utterances"]] for key in ("float_errors", "errors")]
    words = [len(one["reference"].split()) for one in given["utterances"]]
    expected = paired_bootstrap(*counts, words, seed=20)
    found = judged_alone(given).figures
    assert found["interval"] == list(expected.interval)
    assert found["difference"] == pytest.approx(expected.difference, abs=1e-9)


def test_the_narrowest_margin_counts():
    given = record(count=400, words=4000)
    claim("no-loss", margin=0.4)(given)
    for margin, expected in ((None, 0.4), (0.5, 0.4), (0.2, 0.2)):
        figures_of = judged_alone(given, margin=margin).figures
        assert figures_of["margin"] == expected
        assert figures_of["non_inferior"] is True
    assert judged_alone(record(), margin=0.2).figures["non_inferior"] is False
    assert judged_alone(record()).figures["non_inferior"] is None


@pytest.mark.parametrize("calibration", [None, []])
def test_a_program_that_names_no_calibration_is_not_judged_disjoint(calibration: Any):
    section = judged_alone(record(), calibration=calibration)
    assert section.findings == []
    assert set(section.unjudged) == {"disjoint"}


def test_what_needs_the_float_row_is_left_without_it():
    given = record()
    drop("float_model")(given)
    section = judged_alone(given)
    left = {"same-decoding", "same-normalisation", "same-front-end", "same-references", "same-budget", "heard"}
    assert set(section.unjudged) == left
    assert section.figures["float_model"] is section.figures["interval"] is None


BROKEN = [
    (put("kind", value="ledger"), "kind: expected 'evaluation'"),
    (put("version", value=2), "version: expected 1"),
    (put("version", value=True), "version: expected 1"),
    (drop("data"), "data: expected an object"),
    (put("data", "name", value=""), "name: expected printable text"),
    (put("data", "name", value=5), "name: expected text"),
    (put("data", "available", value=-1), "available: expected an integer"),
    (put("data", "chosen_on", value="dev"), "chosen_on: expected a list of names"),
    (drop("program"), "program: expected an object"),
    (put("program", "errors", "words", value=1.5), "words: expected an integer"),
    (put("program", "errors", "words", value=1 << 60), "words: expected an integer"),
    (drop("float_model", "errors"), "errors: expected an object"),
    (put("utterances", value=[]), "expected at least one"),
    (put("utterances", value={}), "utterances: expected a list"),
    (put("utterances", 2, value="x"), r"utterances\[2\]: expected an object"),
    (put("utterances", 2, "id", value="a\nb"), r"utterances\[2\]: id: expected printable"),
    (put("utterances", 2, "audio_sha256", value="0"), "audio_sha256: expected a SHA-256"),
    (put("utterances", 2, "reference", value="A" * 70_000), "reference: expected text of at most"),
    (put("utterances", 2, "hypothesis", value="\ud800"), "hypothesis: expected text"),
    (put("claims", value=[{"claim": "fast", "of": "x"}]), "no other claim can be judged"),
    (put("claims", value=[{"claim": "wer", "of": "x", "value": float("nan")}]), "value: expected a finite number"),
    (put("claims", value=[{"claim": "wer", "of": "x", "value": 3, "system": "both"}]), "program or float_model"),
    (put("runs", value={"registered": [], "measured": [{"seed": 1}]}), "wer: expected a finite number"),
]


@pytest.mark.parametrize(("break_", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_what_is_no_record_is_one_clear_error(break_: Any, message: str):
    given = copy.deepcopy(record())
    break_(given)
    with pytest.raises(EarnestError, match=message) as caught:
        judge_evaluation(given, calibration=[])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_no_object_is_refused(tmp_path: Path):
    (tmp_path / "list").write_text("[]")
    with pytest.raises(FileError, match="expected a JSON object"):
        judge_evaluation(tmp_path / "list", calibration=[])
