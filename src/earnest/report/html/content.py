"""Everything that a report says, from the rows of a ledger and the texts in work folders; as values and as JSON."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.html.fronts import Plane, planes
from earnest.report.html.hypotheses import texts_below
from earnest.report.html.regressions import Regressions, regressions
from earnest.report.html.summary import Summary, summary
from earnest.report.tables.results import Best, best_of
from earnest.report.tables.sensitivity import Scan, scans


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the page shows. `folders` are the names of the work folders that were looked through."""

    rows: tuple[AnyRow, ...]
    summary: Summary
    by_bytes: tuple[Plane, ...]
    by_time: tuple[Plane, ...]
    scans: tuple[Scan, ...]
    best: tuple[Best, ...]
    regressions: tuple[Regressions, ...]
    folders: tuple[str, ...]


def report(rows: Sequence[AnyRow], folders: Iterable[Path]) -> Report:
    """The report on these rows. DataError names a file of a work folder that breaks its form."""
    found = of_kind(rows, EvaluationRow)
    chosen = tuple(folders)
    return Report(
        rows=tuple(rows),
        summary=summary(rows, found),
        by_bytes=tuple(planes(found, "file_bytes")),
        by_time=tuple(planes(found, "milliseconds")),
        scans=tuple(scans(rows)),
        best=tuple(best_of(found)),
        regressions=tuple(regressions(texts) for texts in texts_below(chosen)),
        folders=tuple(folder.resolve().name for folder in chosen),
    )


def to_json(content: Report) -> dict[str, Any]:
    """The figures of a report as JSON values; an unbounded size class is null."""
    return {
        **asdict(content.summary),
        "fronts": [_plane(plane) for plane in (*content.by_bytes, *content.by_time)],
        "sensitivity": [asdict(scan) for scan in content.scans],
        "best": [
            {"sizes": [None if size == math.inf else size for size in best.sizes], **_figures(best.found)}
            for best in content.best
        ],
        "regressions": [_regressions(found) for found in content.regressions],
    }


def _plane(plane: Plane) -> dict[str, Any]:
    keys = ("cost", "model", "data", "utterances", "words", "float_wer", "float_cost", "machine")
    return {
        **{key: getattr(plane, key) for key in keys},
        "targets": {
            front.target: {
                "front": [_figures(each) for each in front.best],
                "beaten": [_figures(each) for each in front.beaten],
            }
            for front in plane.fronts
        },
    }


SHOWN_FIGURES = (
    *("program", "program_sha256", "recipe", "target", "data", "data_sha256", "utterances", "words"),
    *("wer", "float_wer", "difference", "interval", "errors", "file_bytes", "float_bytes", "mean_weight_bits"),
    *("effective_bits", "milliseconds", "float_milliseconds", "level", "experiment", "cell", "seed", "trial"),
    "commit",
)
"""What `--json` tells of a program as its row has it; beside these the methods by name, its model and its machine."""


def _figures(each: EvaluationRow) -> dict[str, Any]:
    told = {"methods": each.method_names, "model": each.float_model, "machine": each.machine_name}
    return {key: getattr(each, key) for key in SHOWN_FIGURES} | told


def _regressions(found: Regressions) -> dict[str, Any]:
    texts = found.texts
    return {
        **{key: getattr(texts, key) for key in ("source", "program", "recipe", "target", "data")},
        "utterances": len(texts.utterances),
        **{key: getattr(found, key) for key in ("worse", "better", "added", "removed")},
        "worst": [{"id": each.id, "errors": each.errors, "float_errors": each.float_errors} for each in found.shown],
    }
