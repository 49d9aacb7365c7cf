"""A reader of program files in plain Python, written from docs/file-format.md: no earnest, no NumPy, no safetensors."""

import json
from hashlib import sha256
from math import prod
from typing import Any


def codes(row: bytes, coding: str, bits: int, count: int) -> list[int]:
    """`count` integers of `bits` bits, the first in the lowest bits; every one of the row's other bits is 0."""
    assert len(row) == (count * bits + 7) // 8
    assert count * bits % 8 == 0 or row[-1] >> (count * bits % 8) == 0
    begins = range(0, count * bits, bits)
    words = [int.from_bytes(row[begin // 8 : (begin + bits + 7) // 8], "little") >> begin % 8 for begin in begins]
    fields = [word & ((1 << bits) - 1) for word in words]
    if coding == "signed":
        return [field - (field >> (bits - 1) << bits) for field in fields]
    return [2 * field - (1 << bits) + 1 for field in fields] if coding == "odd" else fields


def split(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The JSON, its sha256 checked and left out, and the bytes of each tensor."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    program = json.loads(header.pop("__metadata__")["earnest"])
    rows = {name: body[slice(*entry["data_offsets"])] for name, entry in header.items()}
    digest = program.pop("sha256")
    text = json.dumps(program, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert digest == sha256(text.encode() + b"\0" + b"".join(rows[name] for name in sorted(rows))).hexdigest()
    return program, rows


def steps(data: bytes) -> list[dict[str, Any]]:
    """The steps of a file: name, kind, inputs by name, and every field by name; an array as (shape, integers)."""
    program, rows = split(data)
    result: list[dict[str, Any]] = []
    for name, kind, inputs, fields, tensors, constants in program["steps"]:
        names = program["kinds"][kind]
        step = {"name": name, "kind": kind, "fields": dict(zip(names["fields"], fields, strict=True))}
        step["inputs"] = ["input" if index == -1 else result[index]["name"] for index in inputs]
        arrays: dict[str, Any] = {}
        for field, entry in zip(names["tensors"], tensors, strict=True):
            if isinstance(entry, int):
                arrays[field] = result[entry]["arrays"][field]
            else:
                coding, bits, shape = entry
                arrays[field] = (shape, codes(rows.pop(f"{name}.{field}"), coding, bits, prod(shape)))
        if isinstance(constants, int):
            arrays |= {field: result[constants]["arrays"][field] for field in names["constants"]}
        elif constants:
            row, at = rows.pop(f"{name}.constants"), 0
            for field, (bits, least, shape) in zip(names["constants"], constants, strict=True):
                size = (prod(shape) * bits + 7) // 8
                distances = codes(row[at : at + size], "unsigned", bits, prod(shape))
                arrays[field] = (shape, [least + distance for distance in distances])
                at += size
            assert at == len(row)
        result.append({**step, "arrays": arrays})
    assert not rows
    return result
