"""Golden vectors: constants, operands and results of some cases of each kind, frozen as integers in golden/<kind>.json.

`python -m tests.integer.golden_vectors` compares them with the law; with `--write` it writes them anew from the oracle,
which is right only when the law itself is meant to change.
"""

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tests.integer.case import Case
from tests.integer.cases import CASES
from tests.integer.running import by_oracle, codes

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.operator import Operator
from earnest.integer.law.operators import OPERATORS

FOLDER = Path(__file__).parent / "golden"
LARGEST, FEWEST = 1100, 8
"""Integers of a frozen case, and how many cases of a kind are frozen, if it has as many that are small enough."""


def _array(array: np.ndarray) -> dict[str, Any]:
    return {"type": array.dtype.name, "shape": list(array.shape), "codes": array.reshape(-1).tolist()}


def _read_array(entry: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(entry["codes"], dtype=entry["type"]).reshape(entry["shape"])


def _size(case: Case) -> int:
    arrays = [*case.inputs, *case.operator.constants().values()]
    return sum(array.size for array in arrays)


def _tuples(entry: Any) -> Any:
    return tuple(_tuples(term) for term in entry) if isinstance(entry, list) else entry


def freeze(case: Case) -> dict[str, Any]:
    """One case as JSON; the result is the oracle's."""
    operator, result = case.operator, by_oracle(case)
    fields = {f.name: getattr(operator, f.name) for f in dataclasses.fields(operator)}  # type: ignore[arg-type]
    return {
        "name": case.name,
        "constants": {name: _array(v) if isinstance(v, np.ndarray) else v for name, v in fields.items()},
        "symbols": case.symbols,
        "inputs": [_array(x) for x in case.inputs],
        "result": {"shape": list(result.shape), "codes": result.flat},
    }


def replay(kind: str, entry: Mapping[str, Any]) -> bool:
    """Whether the law gives the frozen result of a frozen case; nothing of it is taken from CASES."""
    constants = {n: _read_array(v) if isinstance(v, dict) else _tuples(v) for n, v in entry["constants"].items()}
    operator: Operator = OPERATORS[kind](**constants)
    result = codes(operator.run([_read_array(x) for x in entry["inputs"]], entry["symbols"], IntegerAccumulation()))
    return (list(result.shape), result.flat) == (entry["result"]["shape"], entry["result"]["codes"])


def load(kind: str) -> list[dict[str, Any]]:
    """The frozen cases of a kind; none where there is no file."""
    path = FOLDER / f"{kind}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def write(kind: str) -> None:
    """Freeze the first small cases of a kind, a line each."""
    chosen = [case for case in CASES[kind] if _size(case) <= LARGEST][:FEWEST]
    lines = ",\n".join(json.dumps(freeze(case), separators=(",", ":")) for case in chosen)
    (FOLDER / f"{kind}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write if asked, then compare."""
    if arguments not in ([], ["--write"]):
        sys.stderr.write("expected no argument, or --write\n")
        return 2
    if arguments:
        FOLDER.mkdir(exist_ok=True)
        for kind in OPERATORS:
            write(kind)
    entries = [(kind, entry) for kind in OPERATORS for entry in load(kind) or [{"name": "nothing frozen"}]]
    wrong = [f"{kind}: {entry['name']}" for kind, entry in entries if not _agrees(kind, entry)]
    sys.stdout.writelines(f"differs: {line}\n" for line in wrong)
    return 1 if wrong else 0


def _agrees(kind: str, entry: Mapping[str, Any]) -> bool:
    return "result" in entry and replay(kind, entry)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
