"""The figures of an evaluation as plain JSON values, and its row of the ledger. Rates in per cent of the words."""

from collections.abc import Mapping
from typing import Any

from earnest.evaluation.evaluation import RESAMPLES, SEED, Evaluation
from earnest.ledger.evaluation import EVALUATION, EvaluationRow
from earnest.ledger.ledger import environment
from earnest.speech.normalisation import NORMALISATION
from earnest.speech.significance import LEVEL
from earnest.speech.word_errors import WordErrors

_DIGITS = 4


def figures(evaluation: Evaluation) -> dict[str, object]:
    """Counts, rates, sizes and times; keys of a system that was not evaluated are left out.

    Keys without a prefix belong to the program, those with `float_` to the float model.
    """
    audio = evaluation.seconds_of_audio
    found: dict[str, object] = {
        "utterances": len(evaluation.outcomes),
        "words": sum(len(outcome.reference.split()) for outcome in evaluation.outcomes),
        "seconds_of_audio": round(audio, 3),
        "normalisation": NORMALISATION,
        "jobs": evaluation.jobs,
        "seconds": round(evaluation.elapsed, 3),
    }
    if (program := evaluation.program) is not None:
        found |= _system("", evaluation, "integer") | {
            "program": program.title,
            "program_sha256": program.sha256,
            "file_bytes": program.file_bytes,
            "recipe": program.recipe,
            "target": program.target,
            "backend": program.backend,
            "level": program.level,
        }
    if (model := evaluation.model) is not None:
        found |= _system("float_", evaluation, "real")
        found |= {"float_model": model.name, "float_bytes": model.float_bytes}
    if (difference := evaluation.difference) is not None:
        found |= {
            "difference": round(difference.difference, _DIGITS),
            "interval": [round(end, _DIGITS) for end in difference.interval],
            "interval_level": LEVEL,
            "bootstrap_seed": SEED,
            "bootstrap_resamples": RESAMPLES,
        }
    return found


def _system(prefix: str, evaluation: Evaluation, system: str) -> dict[str, object]:
    errors: WordErrors = evaluation.errors(system)
    seconds = evaluation.seconds(system)
    return {
        f"{prefix}wer": round(errors.wer, _DIGITS),
        f"{prefix}substitutions": errors.substitutions,
        f"{prefix}deletions": errors.deletions,
        f"{prefix}insertions": errors.insertions,
        f"{prefix}empty_hypotheses": evaluation.empty(system),
        f"{prefix}truncated_hypotheses": evaluation.truncated(system),
        f"{prefix}compute_seconds": round(seconds, 3),
    }


def ledger_row(
    evaluation: Evaluation, *, data: str, data_sha256: str, command: str, more: Mapping[str, Any] | None = None
) -> EvaluationRow:
    """The row of one evaluation of a program against its float model, made with this very commit and these versions.

    LedgerError where it is not complete. `data` names the split, `command` is the command without paths of a machine,
    `more` is what an experiment adds.
    """
    return EvaluationRow.of(
        {
            "kind": EVALUATION,
            "command": command,
            "data": data,
            "data_sha256": data_sha256,
            **figures(evaluation),
            **environment(),
            **(more or {}),
        }
    )


def hypotheses(evaluation: Evaluation) -> list[dict[str, object]]:
    """One object per utterance: reference, hypotheses and their errors."""
    lines = []
    for outcome in evaluation.outcomes:
        line: dict[str, object] = {"id": outcome.id, "reference": outcome.reference, "seconds": outcome.seconds}
        for key, hypothesis in (("hypothesis", outcome.integer), ("float_hypothesis", outcome.real)):
            if hypothesis is not None:
                errors = hypothesis.errors
                line[key] = hypothesis.text
                line[key.replace("hypothesis", "errors")] = errors.errors
        lines.append(line)
    return lines
