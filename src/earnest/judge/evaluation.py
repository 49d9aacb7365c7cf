"""Judging an evaluation from its record: was it the whole split, unseen before, the same for both systems, and counted.

The judge counts words and intervals itself, and believes no total. What it cannot see is what a record leaves out
altogether: a run that was never mentioned, a list of calibration recordings that is not the true one.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from earnest.judge.claims import RULES as CLAIM_RULES
from earnest.judge.claims import judge_claims, stated_margin
from earnest.judge.record import CountedRecord, Record, System, counted_record, read_record
from earnest.judge.verdict import Rule, Section
from earnest.judge.words import RESAMPLES, SEED, Count, rate, total

SECTION = "evaluation"

LIBRISPEECH = {
    "dev-clean": (2703, 54402),
    "dev-other": (2864, 50948),
    "test-clean": (2620, 52576),
    "test-other": (2939, 52343),
}
"""Utterances and words of the references of each split [Panayotov et al. 2015, ICASSP]."""

GREEDY = ("greedy", "ctc-greedy")
"""Decodings without search and without a language model, which could hide what the integers lose."""

SHORTEST, LONGEST, FEWEST = 0.25, 2.0, 4
"""A hypothesis is cut short below, or runs away above, these parts of its reference's words, of which there are at
least `FEWEST`."""

Pairs = Iterable[tuple[str, str | None]]
"""Id and hash of the decoded audio; a hash that is not known is None."""

DISJOINT = Rule(name="disjoint", asks="no utterance was heard by calibration, training or development", cap=None)
DISTINCT = Rule(name="distinct", asks="no utterance counts twice, by its id or by its audio", cap=None)
COMPLETE = Rule(
    name="complete", asks="all utterances and words of the split are there, or it is called a part", cap=None
)
SAME_PROGRAM = Rule(name="same-program", asks="the program that was measured is the one that is judged", cap=None)
FLOAT_ROW = Rule(
    name="float-row", asks="the float model that the program was made from was measured in the same run", cap=None
)
SAME_BUDGET = Rule(name="same-budget", asks="the float model had the training that the program had", cap=None)
SAME_DECODING = Rule(name="same-decoding", asks="both systems are decoded in the same way", cap=None)
PLAIN_DECODING = Rule(name="plain-decoding", asks="decoding is greedy, without a language model", cap=None)
SAME_NORMALISATION = Rule(
    name="same-normalisation", asks="both systems' texts are normalised in the same way", cap=None
)
SAME_FRONT_END = Rule(name="same-front-end", asks="both systems hear through the same front end", cap=None)
SAME_REFERENCES = Rule(name="same-references", asks="both systems are held to the same references", cap=None)
COUNTED = Rule(name="counted", asks="the errors are those of the texts, in every utterance and in sum", cap=None)
WORDED = Rule(name="worded", asks="every reference has a word", cap=None)
WHOLE_HYPOTHESES = Rule(
    name="heard", asks="integers leave no more utterances empty, cut short or running away than float does", cap=None
)
ONE_READ = Rule(name="one-read", asks="nothing was chosen on a test split", cap=None)

RULES = (
    DISJOINT,
    DISTINCT,
    COMPLETE,
    SAME_PROGRAM,
    FLOAT_ROW,
    SAME_BUDGET,
    SAME_DECODING,
    PLAIN_DECODING,
    SAME_NORMALISATION,
    SAME_FRONT_END,
    SAME_REFERENCES,
    COUNTED,
    WORDED,
    WHOLE_HYPOTHESES,
    ONE_READ,
    *CLAIM_RULES,
)

_SAME = {"decoding": SAME_DECODING, "normalisation": SAME_NORMALISATION, "front_end": SAME_FRONT_END}
_SHOWN = 3


def judge_evaluation(
    record: Mapping[str, Any] | str | os.PathLike[str],
    *,
    calibration: Pairs | None,
    training: Pairs | None = None,
    development: Pairs | None = None,
    margin: float | None = None,
    program_sha256: str | None = None,
) -> Section:
    """Judge a record, given as its file or its value.

    `calibration` are the recordings that the program says its calibration heard, `training` and `development` those
    that made and chose the float model, None where they are not known. `margin`: what 'no loss' may cost at most, per
    cent of the words. `program_sha256` is that of the program at hand, None where there is none. FileError: a record
    that is malformed.
    """
    section = Section(name=SECTION, rules=RULES)
    seen = {
        name: None if pairs is None else list(pairs)
        for name, pairs in (("calibration", calibration), ("training", training), ("development", development))
    }
    found = counted_record(read_record(record))
    _judge_data(section, found, seen)
    if program_sha256 is not None:
        came = found.record.program_sha256
        section.require(came == program_sha256, SAME_PROGRAM, "program", f"expected {program_sha256}, got {came}")
    _judge_float_row(section, found.record)
    _judge_sameness(section, found.record)
    _judge_counts(section, found)
    _judge_hypotheses(section, found)
    judge_claims(section, found, margin)
    section.figures |= _figures(found, stated_margin(found, margin))
    section.figures["heard_before"] = {name: None if pairs is None else len(pairs) for name, pairs in seen.items()}
    return section


def _judge_data(
    section: Section, found: CountedRecord, seen: Mapping[str, list[tuple[str, str | None]] | None]
) -> None:
    record = found.record
    for name, pairs in seen.items():
        ids = {pair[0] for pair in pairs or ()}
        hashes = {pair[1] for pair in pairs or ()}
        if both := [row.id for row in record.rows if row.id in ids or row.audio_sha256 in hashes]:
            section.report(DISJOINT, name, f"expected none of its recordings, got {len(both)}: {_few(both)}")
    if not seen["calibration"]:
        section.leave(DISJOINT, "the program names no recording that its calibration heard")
    counts = Counter(row.id for row in record.rows) + Counter(row.audio_sha256 for row in record.rows)
    if twice := [row.id for row in record.rows if counts[row.id] > 1 or counts[row.audio_sha256] > 1]:
        section.report(DISTINCT, twice[0], f"{len(twice)} utterances share their id or their audio: {_few(twice)}")
    if problem := _incomplete(record, total(found.integer).words):
        section.report(COMPLETE, record.data, problem)
    if record.data.startswith("test") and record.data in record.chosen_on:
        section.report(ONE_READ, record.data, "settings were chosen on this split: choose on a development split")


def _incomplete(record: Record, words: int) -> str | None:
    if record.coverage not in ("whole", "part"):
        return f"expected the record to call it whole or a part, got {record.coverage}"
    if record.coverage == "part":
        return None
    utterances, known = LIBRISPEECH.get(record.data, (record.available, None))
    if len(record.rows) != utterances:
        return f"expected {utterances} utterances, got {len(record.rows)}: call it a part"
    if known is not None and words != known:
        return f"expected {known} words of references, got {words}"
    return None


def _judge_float_row(section: Section, record: Record) -> None:
    model, program = record.float_model, record.program.facts
    if model is None:
        section.report(FLOAT_ROW, record.data, "expected the float model beside the program, got no row of it")
        return
    missing = [row.id for row in record.rows if row.float_hypothesis is None]
    if missing:
        section.report(FLOAT_ROW, missing[0], f"{len(missing)} utterances have no hypothesis of the float model")
    if not record.same_run:
        section.report(
            FLOAT_ROW, record.data, "expected both systems measured in the same run, got a row from elsewhere"
        )
    made_from, beside = program.get("model"), model.facts.get("name")
    if made_from != beside or made_from is None:
        section.report(
            FLOAT_ROW, "float_model", f"expected {made_from!r}, which the program was made from, got {beside!r}"
        )
    if (mine := program.get("training")) != (theirs := model.facts.get("training")):
        section.report(SAME_BUDGET, "training", f"expected the program's {mine!r}, got the float model's {theirs!r}")


def _judge_sameness(section: Section, record: Record) -> None:
    model, program = record.float_model, record.program.facts
    if program.get("decoding") not in GREEDY:
        section.report(PLAIN_DECODING, "program", f"expected one of {GREEDY}, got {program.get('decoding')!r}")
    if model is None:
        for rule in (*_SAME.values(), SAME_REFERENCES, SAME_BUDGET):
            section.leave(rule, "there is no row of the float model")
        return
    for key, rule in _SAME.items():
        mine, theirs = program.get(key), model.facts.get(key)
        if mine != theirs or mine is None:
            section.report(rule, key, f"expected the same of both, stated, got {mine!r} and {theirs!r}")
    if other := [row.id for row in record.rows if row.reference != row.float_reference]:
        section.report(SAME_REFERENCES, other[0], f"{len(other)} utterances have two references: {_few(other)}")


def _judge_counts(section: Section, found: CountedRecord) -> None:
    record = found.record
    wordless = [row.id for row, count in zip(record.rows, found.integer, strict=True) if not count.words]
    if wordless:
        section.report(WORDED, wordless[0], f"{len(wordless)} references have no word: {_few(wordless)}")
    claimed = [row.errors for row in record.rows]
    _judge_system(section, "program", record, record.program, found.integer, claimed)
    if record.float_model is not None and found.real is not None:
        claimed = [row.float_errors or (0, 0, 0) for row in record.rows]
        _judge_system(section, "float_model", record, record.float_model, found.real, claimed)


def _judge_system(
    section: Section,
    name: str,
    record: Record,
    system: System,
    counts: tuple[Count, ...],
    claimed: list[tuple[int, int, int]],
) -> None:
    wrong = [
        row.id
        for row, count, said in zip(record.rows, counts, claimed, strict=True)
        if not count.agrees(_said(said, count.words))
    ]
    if wrong:
        section.report(COUNTED, f"{name}: {wrong[0]}", f"{len(wrong)} utterances have other errors: {_few(wrong)}")
    summed = total(counts)
    if not summed.agrees(_said(system.errors, system.words)):
        section.report(
            COUNTED,
            f"{name}: errors",
            f"expected {summed.errors} errors of {summed.words} words, got {sum(system.errors)} of {system.words}",
        )


def _judge_hypotheses(section: Section, found: CountedRecord) -> None:
    if capped := [row.id for row in found.record.rows if row.capped]:
        section.report(WHOLE_HYPOTHESES, capped[0], f"decoding was cut off in {len(capped)} utterances: {_few(capped)}")
    if found.real is None:
        section.leave(WHOLE_HYPOTHESES, "the float model did not hear every utterance")
        return
    integer, real = _odd(found.integer), _odd(found.real)
    if more := [f"{integer[kind]} {kind} for {real[kind]}" for kind in integer if integer[kind] > real[kind]]:
        section.report(WHOLE_HYPOTHESES, found.record.data, f"expected no more than float has, got {', '.join(more)}")


def _odd(counts: tuple[Count, ...]) -> dict[str, int]:
    """Hypotheses that are no attempt at the whole utterance; an empty one is not counted as cut short again."""
    lengths = [(count.hypothesis_words, count.words) for count in counts]
    return {
        "empty": sum(h == 0 for h, _ in lengths),
        "cut short": sum(0 < h < SHORTEST * w for h, w in lengths if w >= FEWEST),
        "running away": sum(h > LONGEST * w for h, w in lengths if w >= FEWEST),
    }


def _figures(found: CountedRecord, margin: float | None) -> dict[str, Any]:
    record, summed = found.record, total(found.integer)
    upper = None if found.interval is None else found.interval[1]
    return {
        "data": record.data,
        "coverage": record.coverage,
        "utterances": len(record.rows),
        "words": summed.words,
        "program": _rates(found.integer),
        "float_model": None if found.real is None else _rates(found.real),
        "difference": None if found.real is None else _difference(summed, total(found.real)),
        "interval": None if found.interval is None else list(found.interval),
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED},
        "margin": margin,
        "non_inferior": None if margin is None or upper is None else upper < margin,
    }


def _rates(counts: tuple[Count, ...]) -> dict[str, Any]:
    summed = total(counts)
    return {
        "wer": rate(summed),
        "substitutions": summed.substitutions,
        "deletions": summed.deletions,
        "insertions": summed.insertions,
        **{kind.replace(" ", "_"): number for kind, number in _odd(counts).items()},
        "length_ratio": summed.hypothesis_words / summed.words if summed.words else None,
        "longest_ratio": max((count.hypothesis_words / count.words for count in counts if count.words), default=None),
    }


def _difference(integer: Count, real: Count) -> float | None:
    mine, theirs = rate(integer), rate(real)
    return None if mine is None or theirs is None else mine - theirs


def _said(errors: tuple[int, int, int], words: int) -> Count:
    substitutions, deletions, insertions = errors
    return Count(
        substitutions=substitutions, deletions=deletions, insertions=insertions, words=words, hypothesis_words=0
    )


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
