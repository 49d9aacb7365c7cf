"""The record of an evaluation: one JSON object with everything that a judge of it needs (docs/cli.md, `--record`).

Both systems' rows come from one process on the same features, so the record says `same_run`; a system that was not
evaluated has no row.
"""

import json

from earnest.errors import DataError
from earnest.lab.evaluation import Evaluation
from earnest.lab.outcome import Outcome
from earnest.ledger.ledger import environment
from earnest.speech.normalisation import NORMALISATION
from earnest.speech.word_errors import WordErrors

KIND, VERSION = "evaluation", 1

RULE = "upper case; every run of white space is one space, none at the ends; punctuation, digits and accents stay"
"""What `NORMALISATION` does, in words."""

LIBRISPEECH = {"dev-clean": 2703, "dev-other": 2864, "test-clean": 2620, "test-other": 2939}
"""Utterances of the splits that results are named after."""


def record(evaluation: Evaluation, *, data: str, data_sha256: str, available: int) -> dict[str, object]:
    """The record of one evaluation of a program. `data` names the split, `available` is how many utterances it has.

    DataError: an evaluation without a program.
    """
    program, model = evaluation.program, evaluation.model
    if program is None:
        raise DataError("expected the evaluation of a program to record, got that of a float model alone")
    used = len(evaluation.outcomes)
    shared = {"decoding": program.decoding, "normalisation": {"name": NORMALISATION, "rule": RULE}}
    whole = used == available == LIBRISPEECH.get(data, available)
    found: dict[str, object] = {
        "kind": KIND,
        "version": VERSION,
        "data": {
            "name": data,
            "sha256": data_sha256,
            "coverage": "whole" if whole else "part",
            "available": available,
        },
        "program": {
            "title": program.title,
            "sha256": program.sha256,
            "model": program.model,
            "recipe": program.recipe,
            "target": program.target,
            "backend": program.backend,
            "front_end": program.front_end.to_dict(),
            "errors": _errors(evaluation.errors("integer")) | {"words": evaluation.errors("integer").words},
            **shared,
        },
        "utterances": [_row(outcome) for outcome in evaluation.outcomes],
        "environment": environment(),
    }
    if model is not None:
        found["same_run"] = True
        found["float_model"] = {
            "name": model.name,
            "sha256": model.sha256,
            "front_end": model.front_end.to_dict(),
            "errors": _errors(evaluation.errors("real")) | {"words": evaluation.errors("real").words},
            **shared,
        }
    return found


def text(content: dict[str, object]) -> str:
    """The JSON text of a record: sorted keys, indented."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _row(outcome: Outcome) -> dict[str, object]:
    row: dict[str, object] = {
        "id": outcome.id,
        "audio_sha256": outcome.audio_sha256,
        "seconds": outcome.seconds,
        "reference": outcome.reference,
        "features_sha256": outcome.features_sha256,
        "logits_sha256": outcome.logits_sha256,
    }
    for prefix, hypothesis in (("", outcome.integer), ("float_", outcome.real)):
        if hypothesis is not None:
            row |= {f"{prefix}hypothesis": hypothesis.text, f"{prefix}errors": _errors(hypothesis.errors)}
    if outcome.integer is not None and outcome.integer.truncated:
        row["capped"] = True
    return row


def _errors(errors: WordErrors) -> dict[str, int]:
    return {
        "substitutions": errors.substitutions,
        "deletions": errors.deletions,
        "insertions": errors.insertions,
    }
