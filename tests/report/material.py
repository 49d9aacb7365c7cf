"""Rows of a ledger, texts of work folders, and reports that are made of them."""

import json
from pathlib import Path
from typing import Any

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.row import OtherRow
from earnest.ledger.rows import AnyRow
from earnest.ledger.sensitivity import SensitivityRow
from earnest.report.html.content import Report, report

WORDS, FLOAT_ERRORS, FLOAT_BYTES, WEIGHTS = 10_000, 450, 52_000_000, 13_000_000
HOSTILE = '</script><script>document.title="pwned"</script><img src=x onerror=\'document.title="pwned"\'>'
"""Without white space between its words nothing of it would be lost; this is one word and several."""


def evaluation(recipe: str = "w8a8", **changes: Any) -> EvaluationRow:
    """A row of kind "evaluation" whose figures agree with each other; `errors` are those of the program."""
    errors = changes.pop("errors", 470)
    wer, float_wer = 100 * errors / WORDS, 100 * FLOAT_ERRORS / WORDS
    row: dict[str, Any] = {
        "kind": "evaluation",
        "command": "earnest evaluate a.earnest --ledger ledger.jsonl",
        "program": f"conformer-{recipe}",
        "program_sha256": "ab" * 32,
        "recipe": recipe,
        "target": "int8x16",
        "data": "dev-clean",
        "data_sha256": "cd" * 32,
        "utterances": 646,
        "words": WORDS,
        "wer": wer,
        "float_wer": float_wer,
        "difference": round(wer - float_wer, 4),
        "interval": [round(wer - float_wer - 0.2, 4), round(wer - float_wer + 0.3, 4)],
        "substitutions": errors - 30,
        "deletions": 20,
        "insertions": 10,
        "float_substitutions": FLOAT_ERRORS - 30,
        "float_deletions": 20,
        "float_insertions": 10,
        "file_bytes": 13_000_000,
        "float_bytes": FLOAT_BYTES,
        "backend": "native",
        "float_model": "conformer",
        "git": {"commit": "0123456789" * 4, "dirty": False},
        "versions": {"python": "3.11"},
        "machine": "x86_64",
        "cpus": 2,
    }
    return EvaluationRow.of(row | changes)


def experiment(recipe: str = "w4a8+gptq", **changes: Any) -> EvaluationRow:
    """A row of `earnest run`: it tells more."""
    row = evaluation(recipe, **({"file_bytes": 7_500_000} | changes))
    more = {
        "experiment": "grid",
        "cell": f"{recipe}-{row.target}",
        "seed": 0,
        "methods": ["gptq"],
        "weights": WEIGHTS,
        "mean_weight_bits": 4.0,
        "effective_bits": 8 * row.file_bytes / WEIGHTS,
        "bit_operations": 10**12,
        "milliseconds": 60.0,
        "float_milliseconds": 300.0,
        "calibration": {"data": "train", "recordings": 64},
        "level": "H4",
    }
    return EvaluationRow.of(more | row.content())


def sensitivity(group: str = "softmax", way: str = "alone", **changes: Any) -> SensitivityRow:
    row: dict[str, Any] = {
        "kind": "sensitivity",
        "model": "conformer",
        "recipe": "w4a8",
        "target": "int8x16",
        "data": "dev-clean",
        "data_sha256": "cd" * 32,
        "utterances": 100,
        "group": group,
        "operators": 16,
        "way": way,
        "bits": 4,
        "loss": 0.02,
        "kl": 0.01,
        "margin": 12.0,
        "wer": 4.9,
        "float_wer": 4.5,
        "command": "earnest sensitivity",
        "git": None,
        "versions": {},
    }
    return SensitivityRow.of(row | changes)


def line(name: str = "1-2-0003", **changes: Any) -> dict[str, Any]:
    """A line of `evaluate --hypotheses`: float makes no error, the program three."""
    found: dict[str, Any] = {
        "id": name,
        "reference": "THE CAT SAT ON THE MAT",
        "seconds": 2.5,
        "hypothesis": "THE CATS SAT THE THE MAT NOW",
        "errors": 3,
        "float_hypothesis": "THE CAT SAT ON THE MAT",
        "float_errors": 0,
    }
    return found | changes


def write_lines(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return path


def record(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """A record of `evaluate --record`, as far as a report reads it."""

    def kinds(count: int) -> dict[str, int]:
        return {"substitutions": count, "deletions": 0, "insertions": 0}

    rows = [each | {key: kinds(each[key]) for key in ("errors", "float_errors")} for each in lines]
    program = {"title": "conformer-w4a8", "recipe": "w4a8", "target": "int8x16"}
    return {
        "kind": "evaluation",
        "version": 1,
        "data": {"name": "dev-clean"},
        "program": program,
        "float_model": {"name": "conformer"},
        "utterances": rows,
    }


def rich_rows() -> list[AnyRow]:
    """A ledger with everything that a page has a place for."""
    return [
        evaluation(),
        evaluation("w8a8", target="int8", errors=540),
        evaluation("w8a8", data="test-clean", utterances=8, data_sha256="ef" * 32),
        experiment(errors=600),
        experiment("w2a8", errors=5000, file_bytes=4_000_000, milliseconds=70.0),
        experiment("trial-1", errors=700, file_bytes=8_000_000, search="tpe", trial=1),
        *(sensitivity(group, way, loss=loss) for group, loss in (("norms", 0.2), ("head", 0.0)) for way in WAYS),
        sensitivity("encoder.layers.11.self_attn.linear_out", loss=0.001),
    ]


WAYS = ("alone", "all but")


def rich_report(folder: Path) -> Report:
    write_lines(folder / "work" / "a.jsonl", [line(), line("1-2-0004", hypothesis="", errors=6)])
    return report(rich_rows(), [folder / "work"])


def sparse_report(folder: Path) -> Report:
    """One program, and one group that loses nothing."""
    return report([evaluation(), sensitivity(loss=0.0)], [])


def hostile_report(folder: Path) -> Report:
    """Every text that a stranger can write tries to run, to link, or to leave its place."""
    hostile = (
        f'{HOSTILE} <a href="javascript:document.title=1">x</a> \u202e \ud800 {{{{ 7 * 7 }}}} %{{x}} $\\frac{{1}}$'
    )
    words = hostile.upper().split()
    texts = line(hostile, reference="A", hypothesis=hostile, errors=len(words), float_hypothesis="A")
    write_lines(folder / "work" / "<b>.jsonl", [texts])
    (folder / "work" / "record.json").write_text(
        json.dumps(record([line()]) | {"program": {"title": hostile, "recipe": hostile, "target": hostile}})
    )
    named = {"program": hostile, "target": hostile, "float_model": hostile, "level": hostile, "data": hostile}
    return report(
        [
            evaluation(hostile, **named, machine=hostile, git={"commit": "</script>", "dirty": True}),
            experiment(hostile, **named, methods=[hostile, {"name": hostile}], experiment=hostile),
            sensitivity(hostile, model=hostile, recipe=hostile, target=hostile, data=hostile),
            OtherRow.of({"kind": hostile}),
        ],
        [folder / "work"],
    )
