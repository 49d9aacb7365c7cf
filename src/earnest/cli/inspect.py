"""`earnest inspect`: what a program file, or a float model, is made of. A program needs no torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import AllowPickle, AsJson, TargetFile, is_model, opened
from earnest.cli.terminal import columns, megabytes, print_json

if TYPE_CHECKING:
    from earnest.evaluation.anatomy import OperatorWidths


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A program, or a float model.")],
    operators: Annotated[bool, typer.Option("--operators", help="List every operator with its widths.")] = False,
    target: TargetFile = None,
    allow_pickle: AllowPickle = False,
    as_json: AsJson = False,
) -> None:
    """Count what a program file or a float model is made of."""
    if is_model(file):
        found, rows = _model(file, allow_pickle), []
    else:
        found, rows = _program(file, target)
    if operators and rows:
        found["operator_list"] = [_row(row) for row in rows]
    if as_json:
        print_json(found)
        return
    for key, value in found.items():
        if key != "operator_list":
            print(f"{key.replace('_', ' ')}: {_text(key, value)}")
    if operators and rows:
        _print_operators(rows)


def _program(file: Path, target: str | None) -> "tuple[dict[str, Any], tuple[OperatorWidths, ...]]":
    from dataclasses import asdict

    from earnest.evaluation.anatomy import anatomy, file_sha256, real_tensors

    program, device = opened(file, target)
    counted, spec = anatomy(program, device), program.input
    description, grid = counted.description, counted.description.input_grid
    hop_seconds = description.front_end.hop / description.front_end.sample_rate
    found: dict[str, Any] = {
        "kind": "program",
        "file": str(file),
        "program_sha256": file_sha256(file),
        "program": f"{description.model}-{counted.name}",
        "recipe": description.recipe,
        "target": program.target,
        "input": {
            "bits": spec.bits,
            "signed": spec.signed,
            "shape": list(spec.shape),
            "shortest_frames": spec.shortest,
            "longest_frames": spec.longest,
            "longest_seconds": round(spec.longest * hop_seconds, 3),
        },
        "operators": counted.operators,
        "weights": counted.weights,
        "weight_bits": {str(bits): count for bits, count in counted.weight_bits.items()},
        "mean_weight_bits": round(counted.mean_weight_bits, 4),
        "activation_bits": counted.activation_bits,
        "file_bytes": counted.file_bytes,
        "bytes": counted.sections,
        "effective_bits_per_weight": None if counted.effective_bits is None else round(counted.effective_bits, 4),
        "accumulator_bits": counted.accumulator_bits,
        "accumulator_bits_allowed": counted.accumulator_bits_allowed,
        "float_tensors": len(real_tensors(file)),
        "float_outside_the_program": {"front_end": description.front_end.to_dict(), "input_grid": asdict(grid)},
        "tokens": len(description.tokens.pieces),
        "decoding": description.decoding.declared(),
        "calibration_recordings": len(description.calibration),
    }
    return found, counted.rows


def _model(path: Path, allow_pickle: bool) -> dict[str, Any]:

    from earnest.evaluation.evaluation import parameter_bytes
    from earnest.models import load
    from earnest.runtime.naming import model_name

    model = load(path, allow_pickle=allow_pickle)
    return {
        "kind": "float model",
        "file": str(path),
        "model": model_name(path),
        "architecture": model.architecture,
        "configuration": dict(model.configuration),
        "parameters": parameter_bytes(model) // 4,
        "float_bytes": parameter_bytes(model),
        "tokens": len(model.tokens.pieces),
        "front_end": model.front_end.to_dict(),
    }


def _row(row: "OperatorWidths") -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "inputs": list(row.inputs),
        "weight": row.weight,
        "output": row.output,
        "shape": list(row.shape),
    }


def _text(key: str, value: Any) -> str:
    if isinstance(value, dict):
        shown = {name: _text(key if key == "bytes" else name, part) for name, part in value.items()}
        return ", ".join(f"{name} {part}" for name, part in shown.items())
    return megabytes(value) if key.endswith("bytes") else str(value)


def _print_operators(rows: "tuple[OperatorWidths, ...] | list[OperatorWidths]") -> None:
    cells = [
        (
            row.kind,
            " ".join(map(str, row.inputs)),
            str(row.weight or ""),
            str(row.output),
            "x".join(map(str, row.shape)),
            row.name,
        )
        for row in rows
    ]
    print(columns([("kind", "in", "weight", "out", "longest", "path"), *cells]))
