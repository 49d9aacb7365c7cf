"""What takes the place in a program's file, counted from its real bytes."""

from dataclasses import dataclass
from math import prod
from typing import get_args

from earnest.file.canonical_json import decode, is_list
from earnest.file.constants import Packing
from earnest.file.container import read
from earnest.file.program import dumps
from earnest.integer.law.operator import ByteRole, declared
from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.program import Program

HEADER = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """Bytes of a file, and by role; a tensor that several operators share counts once, in the role of the first."""

    file_bytes: int
    sections: dict[str, int]
    weight_codes: int

    @property
    def effective_bits_per_weight(self) -> float | None:
        """8 x (bytes of the whole file: biases, tables, tokens, names and all) / (weight codes in the file).

        Not the width of the weights: an upper figure, which nothing in the file can hide from. None without weights.
        """
        return 8 * self.file_bytes / self.weight_codes if self.weight_codes else None


def file_report(program: Program) -> FileReport:
    """The report of the file that the program has (a program has one file, to the byte)."""
    data = dumps(program)
    text, tensors = read(data)
    manifest = decode(text, "operator list")
    counted = dict.fromkeys([*get_args(ByteRole), HEADER], 0)
    codes = 0
    for name, kind, _, _, entries, constants in manifest["steps"]:
        names, widths = manifest["kinds"][kind], declared(OPERATORS[kind])
        for field, entry in zip(names["tensors"], entries, strict=True):
            if is_list(entry):
                counted[widths[field].role] += tensors[f"{name}.{field}"].nbytes
                codes += prod(entry[2]) if widths[field].role == "weights" else 0
        if is_list(constants):
            for field, packing in zip(names["constants"], constants, strict=True):
                counted[widths[field].role] += Packing.read(packing).size
    counted[HEADER] = len(data) - sum(counted.values())
    return FileReport(file_bytes=len(data), sections=counted, weight_codes=codes)


def sections(program: Program) -> dict[str, int]:
    """Bytes of the program's file by role: weights, group_multipliers, biases, multipliers_and_shifts,
    tables, positions, header.
    """
    return file_report(program).sections
