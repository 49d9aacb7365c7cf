"""Evaluations that flatter, each with the rule that must catch it, and evaluations that do not."""

import copy
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.judge.zoo.cheat import Cheat, Honest

from earnest.judge.evaluation import judge_evaluation
from earnest.judge.level import Level
from earnest.judge.verdict import Subject, Verdict

Edit = Callable[[dict[str, Any]], None]
TRAINED = {"hours": 960, "steps": 100_000}
CALIBRATION = [("19-198-0001", hashlib.sha256(b"heard by calibration").hexdigest())]


def record(name: str = "test-other-of-ours", *, count: int = 40, words: int = 400, worse: int = 1) -> dict[str, Any]:
    """An honest record: `count` utterances of `words` words in all; float errs in two of three utterances, the integers
    in as many and `worse` more of the others.
    """
    rows, others = [], 0
    for index in range(count):
        reference = [f"W{number}" for number in range((index + 1) * words // count - index * words // count)]
        real = ["OTHER", *reference[1:]] if index % 3 else reference
        spoiled = index % 3 == 0 and others < worse
        others += spoiled
        rows.append(row(index, reference, real[:-1] if spoiled else real, real))
    return {
        "kind": "evaluation",
        "version": 1,
        "data": {"name": name, "coverage": "whole", "available": count},
        "program": system(rows, "errors") | {"title": "small-w8a8", "model": "small", "backend": "native"},
        "float_model": system(rows, "float_errors") | {"name": "small"},
        "same_run": True,
        "utterances": rows,
        "claims": [],
    }


def row(index: int, reference: Sequence[str], hypothesis: Sequence[str], real: Sequence[str]) -> dict[str, Any]:
    """One utterance with its errors."""
    return {
        "id": f"1-2-{index:04d}",
        "audio_sha256": hashlib.sha256(b"audio %d" % index).hexdigest(),
        "logits_sha256": hashlib.sha256(b"logits %d" % index).hexdigest(),
        "reference": " ".join(reference),
        "hypothesis": " ".join(hypothesis),
        "float_hypothesis": " ".join(real),
        "errors": errors(reference, hypothesis),
        "float_errors": errors(reference, real),
    }


def errors(reference: Sequence[str], hypothesis: Sequence[str]) -> dict[str, int]:
    """Of hypotheses that differ in their first word and in their length only."""
    missing = len(reference) - len(hypothesis)
    differing = sum(one != other for one, other in zip(reference, hypothesis, strict=False))
    return {"substitutions": differing, "deletions": max(0, missing), "insertions": max(0, -missing)}


def system(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """The row of one system, its errors summed."""
    return {
        "decoding": "ctc-greedy",
        "normalisation": {"name": "upper-case-1", "rule": "upper case, single spaces"},
        "front_end": {"kind": "log-mel", "version": 1},
        "errors": {kind: sum(one[key][kind] for one in rows) for kind in ("substitutions", "deletions", "insertions")}
        | {"words": sum(len(one["reference"].split()) for one in rows)},
    }


def recounted(given: dict[str, Any]) -> None:
    """The errors of every utterance and of both systems anew, after texts were changed."""
    for one in given["utterances"]:
        reference = one["reference"].split()
        one["errors"] = errors(reference, one["hypothesis"].split())
        one["float_errors"] = errors(reference, one["float_hypothesis"].split())
    for part, key in (("program", "errors"), ("float_model", "float_errors")):
        given[part]["errors"] = system(given["utterances"], key)["errors"]


def verdict(given: dict[str, Any], **seen: Any) -> Verdict:
    """A record judged, as a verdict."""
    section = judge_evaluation(given, **({"calibration": CALIBRATION} | seen))
    subject = Subject(
        kind="evaluation", name="record", ceiling=Level.NONE, reason="an evaluation has no level of its own"
    )
    return Verdict(subject=subject, float_operators=None, bits_per_weight=None, sections=(section,))


def edited(edit: Edit, base: dict[str, Any] | None = None, **seen: Any) -> Callable[[Path], Verdict]:
    """The judge of an honest record after an edit."""

    def judge(_folder: Path) -> Verdict:
        given = copy.deepcopy(record() if base is None else base)
        edit(given)
        return verdict(given, **seen)

    return judge


def put(*path: Any, value: Any) -> Edit:
    """Set one value of the record."""

    def edit(given: dict[str, Any]) -> None:
        place: Any = given
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return edit


def drop(*path: Any) -> Edit:
    """Leave one value out."""

    def edit(given: dict[str, Any]) -> None:
        place: Any = given
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return edit


def claim(kind: str, **more: Any) -> Edit:
    """Claim something, on the split that was measured unless it is said otherwise."""
    return lambda given: given["claims"].append({"claim": kind, "of": given["data"]["name"]} | more)


def all_of(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def edit(given: dict[str, Any]) -> None:
        for one in edits:
            one(given)

    return edit


def texts(key: str, change: Callable[[list[str]], list[str]], count: int = 3) -> Edit:
    """Change a text of the first utterances, and count its errors as they are."""

    def edit(given: dict[str, Any]) -> None:
        for one in given["utterances"][:count]:
            one[key] = " ".join(change(one[key].split()))
        recounted(given)

    return edit


def unwritten(given: dict[str, Any]) -> None:
    """Totals that do not count the worst utterance, which stands there all the same."""
    worst = max(given["utterances"], key=lambda one: sum(one["errors"].values()))
    for kind, number in worst["errors"].items():
        given["program"]["errors"][kind] -= number


def forgiven(given: dict[str, Any]) -> None:
    """An utterance and the total that leave an error out."""
    given["utterances"][1]["errors"]["substitutions"] -= 1
    given["utterances"][2]["errors"]["substitutions"] += 1


def rewritten(given: dict[str, Any]) -> None:
    """References of the integers alone that were mended after their hypotheses."""
    for one in given["utterances"]:
        one["float_reference"], one["reference"] = one["reference"], one["hypothesis"]
        one["errors"] = dict.fromkeys(one["errors"], 0)
    given["program"]["errors"] |= {"substitutions": 0, "deletions": 0, "insertions": 0}
    given["program"]["errors"]["words"] = sum(len(one["reference"].split()) for one in given["utterances"])


def shortened(given: dict[str, Any]) -> None:
    """Drop utterances that went badly, and their traces."""
    given["utterances"] = [one for one in given["utterances"] if not sum(one["errors"].values())]
    recounted(given)


def silenced(given: dict[str, Any]) -> None:
    """A recording whose transcript was emptied, so that its errors have nothing to be counted against."""
    one = given["utterances"][0]
    one |= {"reference": "", "hypothesis": "", "float_hypothesis": ""}
    recounted(given)


def improved(given: dict[str, Any]) -> None:
    """One error fewer than float: noise, and no more."""
    one = next(one for one in given["utterances"] if sum(one["float_errors"].values()))
    one["hypothesis"] = one["reference"]
    recounted(given)


def seeds(*measured: tuple[int, float], registered: Sequence[int] = (1, 2, 3)) -> Edit:
    """Several runs."""
    runs = [{"seed": seed, "wer": wer} for seed, wer in measured]
    return put("runs", value={"registered": [{"seed": seed} for seed in registered], "measured": runs})


def as_heard(index: int = 0) -> list[tuple[str, str | None]]:
    """One utterance of the record, as a recording that something heard before."""
    one = record()["utterances"][index]
    return [(one["id"], None)]


def same_audio() -> list[tuple[str, str | None]]:
    """The same audio under another id."""
    return [("another-name", record()["utterances"][5]["audio_sha256"])]


def unnormalised(given: dict[str, Any]) -> None:
    """Neither row says what was done to the texts."""
    for part in ("program", "float_model"):
        del given[part]["normalisation"]


def nothing(_given: dict[str, Any]) -> None:
    """No edit."""


def cheat(name: str, patterns: tuple[int, ...], rule: str, edit: Edit, *, alone: bool = True, **more: Any) -> Cheat:
    """A cheat that is an edit of an honest record."""
    return Cheat(name=f"evaluation: {name}", patterns=patterns, rule=rule, judge=edited(edit, **more), alone=alone)


CHEATS = (
    cheat(
        "another program's record",
        (35,),
        "same-program",
        put("program", "sha256", value="1" * 64),
        program_sha256="2" * 64,
    ),
    cheat("calibrated on the split", (23,), "disjoint", nothing, calibration=as_heard()),
    cheat("calibrated on the audio of the split, renamed", (23,), "disjoint", nothing, calibration=same_audio()),
    cheat("trained on the split", (23,), "disjoint", nothing, training=as_heard(3)),
    cheat("chosen on the split", (23,), "disjoint", nothing, development=same_audio()),
    cheat(
        "settings chosen on the test set",
        (23, 26),
        "one-read",
        put("data", "chosen_on", value=["dev-clean", "test-other-of-ours"]),
    ),
    cheat("the float row of a paper", (25,), "float-row", drop("same_run")),
    cheat("no float row", (25,), "float-row", drop("float_model")),
    cheat("a float row of some utterances", (25, 31), "float-row", drop("utterances", 7, "float_hypothesis")),
    cheat("a weaker float model beside it", (25,), "float-row", put("float_model", "name", value="smaller")),
    cheat("training that float did not get", (25,), "same-budget", put("program", "training", value=TRAINED)),
    cheat(
        "the best of three seeds claimed",
        (26,),
        "seeds",
        all_of(seeds((1, 6.75), (2, 7.25), (3, 7.0)), claim("wer", value=6.75)),
    ),
    cheat("two of three seeds forgotten", (26,), "seeds", all_of(seeds((1, 6.75)), claim("wer", value=6.75))),
    cheat("a part called whole", (28,), "complete", nothing, base=record("test-clean")),
    cheat("a split with other words", (28,), "complete", nothing, base=record("dev-clean", count=2703, words=54401)),
    cheat("a part that is not called one", (28,), "complete", drop("data", "coverage")),
    cheat(
        "a rate of the split from a part",
        (28,),
        "claimed",
        all_of(put("data", "coverage", value="part"), claim("wer", value=6.75)),
    ),
    cheat("a language model for the integers", (29,), "same-decoding", put("float_model", "decoding", value="greedy")),
    cheat(
        "a language model for both",
        (29,),
        "plain-decoding",
        all_of(*(put(part, "decoding", value={"beam": 16, "lm": "4-gram"}) for part in ("program", "float_model"))),
    ),
    cheat(
        "numbers spelled out for the integers alone",
        (30,),
        "same-normalisation",
        put("program", "normalisation", "rule", value="upper case, no punctuation, numbers spelled out"),
    ),
    cheat(
        "normalisation not stated",
        (30,),
        "same-normalisation",
        unnormalised,
    ),
    cheat("louder features for the integers", (30,), "same-front-end", put("program", "front_end", "gain", value=2)),
    cheat("references mended after the hypotheses", (30,), "same-references", rewritten),
    cheat("failed utterances dropped", (31,), "complete", shortened),
    cheat("empty hypotheses", (31,), "heard", texts("hypothesis", lambda _words: [])),
    cheat("hypotheses cut short", (31,), "heard", texts("hypothesis", lambda words: words[:2])),
    cheat("hypotheses that run away", (31,), "heard", texts("hypothesis", lambda words: [*words, *words[1:] * 3])),
    cheat("decoding cut off at a number of tokens", (31,), "heard", put("utterances", 4, "capped", value=True)),
    cheat("an error left out of a total", (31,), "counted", unwritten),
    cheat("errors moved between utterances", (31,), "counted", forgiven),
    cheat("an easy utterance counted twice", (31,), "distinct", put("utterances", 3, "id", value="1-2-0000")),
    cheat(
        "an easy recording counted twice",
        (31,),
        "distinct",
        put("utterances", 3, "audio_sha256", value=record()["utterances"][0]["audio_sha256"]),
    ),
    cheat("a transcript that was emptied", (31,), "worded", silenced),
    cheat("no significant difference, so none", (32,), "no-loss", claim("no-loss")),
    cheat("no loss within a margin that it exceeds", (32,), "no-loss", claim("no-loss", margin=0.25)),
    cheat("no loss within a margin that hides it", (32,), "no-loss", claim("no-loss", margin=5)),
    cheat("no loss beyond the margin of the judge", (32,), "no-loss", claim("no-loss", margin=0.5), margin=0.25),
    cheat("LibriSpeech, from one split", (33,), "claimed", claim("wer", of="LibriSpeech", value=6.75)),
    cheat("a rate that was not counted", (31,), "claimed", claim("wer", value=6.5)),
    cheat("better than float by noise", (34,), "improvement", all_of(improved, claim("better")), base=record(worse=0)),
    cheat("a simulation called integers", (35,), "labelled", put("program", "backend", value="twin")),
    cheat("integers that left no codes", (35,), "labelled", drop("utterances", 9, "logits_sha256")),
    cheat("a device that was never compared", (35,), "device", claim("device")),
    cheat(
        "a device that computes something else",
        (35,),
        "device",
        all_of(put("device", value={"name": "board", "compared": 50, "differing": 34}), claim("device")),
    ),
)


def honest(name: str, edit: Edit, **more: Any) -> Honest:
    """An honest record after an edit that is honest."""
    return Honest(name=f"evaluation: {name}", level="none", judge=edited(edit, **more))


HONEST = (
    honest("whole split of our own", nothing),
    honest("part, called one", put("data", "coverage", value="part"), base=record("test-clean")),
    honest("the whole of dev-clean", nothing, base=record("dev-clean", count=2703, words=54402)),
    honest("rates of both systems", all_of(claim("wer", value=6.75), claim("wer", value=6.5, system="float_model"))),
    honest("no loss within a margin", claim("no-loss", margin=0.5), base=record(count=400, words=4000)),
    honest(
        "settings chosen on a development split",
        put("data", "chosen_on", value=["dev-clean"]),
        training=[("103-1240-0000", None)],
        development=[("84-121123-0000", None)],
    ),
    honest(
        "the mean of three seeds",
        all_of(seeds((1, 6.75), (2, 7.25), (3, 7.0)), claim("wer", value=7.0)),
    ),
    honest(
        "a simulation called one",
        all_of(put("program", "backend", value="twin"), put("program", "result", value="simulation")),
    ),
    honest(
        "a device that computes the same codes",
        all_of(put("device", value={"name": "board", "compared": 50, "differing": 0}), claim("device")),
    ),
    honest(
        "both trained alike",
        all_of(*(put(part, "training", value=TRAINED) for part in ("program", "float_model"))),
    ),
)
