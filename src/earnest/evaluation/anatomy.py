"""What a program is made of, counted from the program and the bytes of its file, never from what a recipe promised."""

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from earnest.errors import FileError
from earnest.file import file_report
from earnest.file.constants import Packing
from earnest.integer.law.weight import WeightCodes
from earnest.integer.law.weighted import WeightedSums
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import verify
from earnest.runtime.description import Description, describe

SAFETENSORS_REALS = ("F4", "F6", "F8", "F16", "F32", "F64", "BF16", "C64")
"""How the names of safetensors' types that are not integers begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorWidths:
    """One operator: widths of the values that it reads, of its weight (None where it has none), of its result."""

    name: str
    kind: str
    inputs: tuple[int, ...]
    weight: int | None
    output: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """Counts and widths of one verified program. Bytes are those of the file that the program has.

    `mean_weight_bits` is the mean width of the weights, the multipliers of their groups counted in; `effective_bits`
    divides the whole file by their number.
    """

    name: str
    operators: dict[str, int]
    rows: tuple[OperatorWidths, ...]
    weights: int
    weight_bits: dict[int, int]
    mean_weight_bits: float
    activation_bits: int
    file_bytes: int
    sections: dict[str, int]
    effective_bits: float | None
    accumulator_bits: int
    accumulator_bits_allowed: int
    description: Description


def anatomy(program: Program, target: Target | None = None) -> Anatomy:
    """Count a program; it is verified on the way, for its own target unless another source of it is given."""
    device = target if target is not None else load_target(program.target)
    proof = verify(program, device)
    widths = weight_widths(program)
    report = file_report(program)
    return Anatomy(
        name=honest_name(program),
        operators=dict(sorted(Counter(step.operator.kind for step in program.steps).items())),
        rows=tuple(
            OperatorWidths(
                name=step.name,
                kind=step.operator.kind,
                inputs=tuple(proof.domains[name].bits for name in step.inputs),
                weight=getattr(step.operator, "weight_bits", None),
                output=proof.domains[step.name].bits,
                shape=proof.domains[step.name].shape,
            )
            for step in program.steps
        ),
        weights=sum(widths.values()),
        weight_bits=widths,
        mean_weight_bits=mean_bits(program),
        activation_bits=max((operator.reads[0] for operator in _weighted(program)), default=0),
        file_bytes=report.file_bytes,
        sections=report.sections,
        effective_bits=report.effective_bits_per_weight,
        accumulator_bits=proof.accumulator_bits,
        accumulator_bits_allowed=device.accumulator_bits,
        description=describe(program),
    )


def weight_widths(program: Program) -> dict[int, int]:
    """How many weight codes there are of each width, narrow ones first."""
    counted: Counter[int] = Counter()
    for operator in _own_weights(program):
        counted[operator.weight_bits] += operator.weight.size
    return dict(sorted(counted.items()))


def mean_bits(program: Program) -> float:
    """The mean width of weights, the multipliers of their groups counted in; 0 where there is none."""
    weights = _own_weights(program)
    bits = sum(each.weight_bits * each.weight.size for each in weights)
    multipliers = [each.group_multiplier for each in weights if each.group_multiplier.shape[1] > 1]
    bits += sum(Packing.of(each).bits * each.size for each in multipliers)
    return bits / max(sum(each.weight.size for each in weights), 1)


def honest_name(program: Program) -> str:
    """`w4a8` only where every weight has 4 bits and no weight multiplies more than 8; else `mixed-4.3b`, the
    mean width of the weights.
    """
    widths = weight_widths(program)
    if len(widths) != 1:
        return f"mixed-{mean_bits(program):.1f}b"
    activations = max(operator.reads[0] for operator in _weighted(program))
    return f"w{next(iter(widths))}a{activations}"


def title(program: Program) -> str:
    """The float model that a program came from and what it truly is: `conformer-w8a8`."""
    return f"{describe(program).model}-{honest_name(program)}"


def file_sha256(path: str | os.PathLike[str]) -> str:
    """The SHA-256 (hex) of a file's bytes."""
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


def real_tensors(path: str | os.PathLike[str]) -> list[str]:
    """Names of the tensors in a file that are not of an integer type, read by the safetensors library alone."""
    try:
        with safe_open(os.fspath(path), framework="numpy") as tensors:
            names = list(tensors.keys())
            return [n for n in names if str(tensors.get_slice(n).get_dtype()).startswith(SAFETENSORS_REALS)]
    except (OSError, SafetensorError) as error:
        raise FileError(f"{path}: expected a safetensors file: {error}") from error


def _own_weights(program: Program) -> list[WeightCodes]:
    """The operators with weights, those with the same codes once: a file has them once."""
    found: dict[tuple[str, int, bytes], WeightCodes] = {}
    for step in program.steps:
        operator = step.operator
        if isinstance(operator, WeightCodes):
            found.setdefault((operator.weight_map, operator.weight_bits, operator.weight.tobytes()), operator)
    return list(found.values())


def _weighted(program: Program) -> list[WeightedSums]:
    return [step.operator for step in program.steps if isinstance(step.operator, WeightedSums)]
