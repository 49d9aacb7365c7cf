"""Tables of the documents, made from rows of the ledger: a table in a page is generated, never typed.

A page holds `<!-- table:NAME -->`, the table, `<!-- /table -->`; `replace_block` puts a new table between the two
marks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from earnest.errors import LedgerError
from earnest.lab.markdown import signed, table

EVALUATION = "evaluation"

EVALUATION_KEYS = {
    "kind": str,
    "command": str,
    "program": str,
    "program_sha256": str,
    "recipe": str,
    "target": str,
    "data": str,
    "data_sha256": str,
    "utterances": int,
    "words": int,
    "wer": float,
    "float_wer": float,
    "difference": float,
    "interval": list,
    "substitutions": int,
    "deletions": int,
    "insertions": int,
    "float_substitutions": int,
    "float_deletions": int,
    "float_insertions": int,
    "file_bytes": int,
    "float_bytes": int,
    "backend": str,
    "git": (dict, type(None)),
    "versions": dict,
}
"""What a row of kind "evaluation" holds at least.

Error rates, their difference (integer minus float) and its interval are in per cent of the words; `float_bytes` is the
size of the float32 parameters.
"""

EXPERIMENT_KEYS = {
    "experiment": str,
    "cell": str,
    "search": str,
    "trial": int,
    "seed": int,
    "methods": list,
    "weights": int,
    "mean_weight_bits": float,
    "effective_bits": float,
    "bit_operations": int,
    "milliseconds": float,
    "float_milliseconds": float,
    "calibration": dict,
}
"""What a row holds beside where `earnest run` made it; `search` and `trial` where `earnest search` did.

`effective_bits` are all bits of the file over the number of weights; `bit_operations` multiply-accumulates times the
widths of both factors; `milliseconds` of both systems were measured in one process.
"""

_ABOVE_ZERO = ("weights", "mean_weight_bits", "effective_bits", "bit_operations", "milliseconds", "float_milliseconds")

_HEADING = (
    *("program", "recipe", "target", "part of", "utterances", "words"),
    *("WER float", "WER integer", "difference", "95 % interval", "MB", "of float32"),
)
_SAME_MEASUREMENT = ("program", "recipe", "target", "data", "utterances")


def evaluations(rows: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The evaluations of a ledger: of each program, recipe, target, data and count the latest. Backends agree.

    Trials of a search are left out: the data chose among them.
    """
    latest: dict[tuple[object, ...], Mapping[str, object]] = {}
    for row in rows:
        if row.get("kind") != EVALUATION:
            continue
        check_evaluation(row)
        if "search" not in row:
            latest[tuple(row[key] for key in _SAME_MEASUREMENT)] = row
    return list(latest.values())


def check_evaluation(row: Mapping[str, object]) -> None:
    """LedgerError: a key of an evaluation is missing, of another type, or contradicts the others."""
    for key, kind in EVALUATION_KEYS.items():
        if key not in row:
            raise LedgerError(f"an evaluation of the ledger: key {key!r} is missing")
        if not _is(row[key], kind):
            raise LedgerError(f"an evaluation of the ledger: key {key!r} cannot be {row[key]!r}")
    if row["kind"] != EVALUATION:
        raise LedgerError(f"expected a row of kind {EVALUATION!r}, got {row['kind']!r}")
    interval = cast(Sequence[object], row["interval"])
    if (
        len(interval) != 2
        or not all(_is(end, float) for end in interval)
        or not _real(interval[0]) <= _real(interval[1])
    ):
        raise LedgerError(
            f"an evaluation of the ledger: expected an interval of two numbers, low and high, got {interval!r}"
        )
    if _real(row["words"]) < 1 or _real(row["float_bytes"]) < 1:
        raise LedgerError("an evaluation of the ledger: expected words and float_bytes of at least 1")
    for prefix in ("", "float_"):
        errors = sum(_real(row[f"{prefix}{kind}"]) for kind in ("substitutions", "deletions", "insertions"))
        if abs(100 * errors / _real(row["words"]) - _real(row[f"{prefix}wer"])) > 0.006:
            raise LedgerError(
                f"an evaluation of the ledger: {errors:.0f} errors in {row['words']} words "
                f"are no {prefix}wer of {row[f'{prefix}wer']}"
            )
    if abs(_real(row["wer"]) - _real(row["float_wer"]) - _real(row["difference"])) > 0.011:
        raise LedgerError(f"an evaluation of the ledger: difference {row['difference']} is not wer - float_wer")
    _check_experiment(row)


def _check_experiment(row: Mapping[str, object]) -> None:
    """LedgerError: what an experiment adds is of another type, or cannot be."""
    for key, kind in EXPERIMENT_KEYS.items():
        if key in row and not (_is(row[key], kind) and (key not in _ABOVE_ZERO or _real(row[key]) > 0)):
            raise LedgerError(f"an evaluation of the ledger: key {key!r} cannot be {row[key]!r}")
    if "weights" not in row or "effective_bits" not in row:
        return
    effective = 8 * _real(row["file_bytes"]) / _real(row["weights"])
    if abs(effective - _real(row["effective_bits"])) > 0.001:
        raise LedgerError(
            f"an evaluation of the ledger: {row['file_bytes']} bytes of {row['weights']} weights "
            f"are no {row['effective_bits']} effective_bits"
        )


def render(rows: Iterable[Mapping[str, object]]) -> str:
    """A Markdown table, one line per evaluation in the order given: rates in per cent, sizes in 10^6 bytes."""
    lines = []
    for row in rows:
        check_evaluation(row)
        low, high = cast(Sequence[object], row["interval"])
        cells = (
            *(str(row[key]) for key in ("program", "recipe", "target", "data")),
            f"{row['utterances']}",
            f"{row['words']}",
            f"{_real(row['float_wer']):.2f}",
            f"{_real(row['wer']):.2f}",
            signed(_real(row["difference"])),
            f"{signed(_real(low))} … {signed(_real(high))}",
            f"{_real(row['file_bytes']) / 1e6:.2f}",
            f"{_real(row['file_bytes']) / _real(row['float_bytes']):.3f}",
        )
        lines.append(cells)
    return table(_HEADING, lines, "llllrrrrrcrr")


def replace_block(text: str, name: str, table: str) -> str:
    """The page with the table `name` exchanged.

    LedgerError: the page has not exactly one such block, or the table holds a mark.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise LedgerError(f"expected a table's name of small letters, digits and hyphens, got {name!r}")
    if re.search(r"<!-- */?table", table):
        raise LedgerError(f"table {name}: a table cannot hold the mark of a table")
    opening, closing = f"<!-- table:{name} -->", "<!-- /table -->"
    if text.count(opening) != 1:
        raise LedgerError(f"expected {opening} once in the page, got it {text.count(opening)} times")
    before, _, rest = text.partition(opening)
    inside, mark, after = rest.partition(closing)
    if not mark or "<!-- table:" in inside:
        raise LedgerError(f"expected {closing} after {opening}, before any other table")
    return f"{before}{opening}\n{table.strip()}\n{closing}{after}"


def _is(value: object, kind: type | tuple[type, ...]) -> bool:
    if kind is float:
        return type(value) in (int, float)
    if kind is list:
        return type(value) in (list, tuple)
    return isinstance(value, kind) and type(value) is not bool


def _real(value: object) -> float:
    return float(cast(float, value))
