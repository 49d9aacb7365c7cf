"""Whether a file is the one file of its program: integers only, canonical, sealed, no byte that nothing reads."""

import hashlib
import json
from typing import Any

from earnest.judge.program import rules
from earnest.judge.program.container import INTEGERS, KEY, METADATA, Container
from earnest.judge.program.records import Source
from earnest.judge.verdict import Section


def file_sha256(container: Container) -> str:
    """The SHA-256 (hex) of the file's bytes."""
    header = container.header_text.encode()
    digest = hashlib.sha256(len(header).to_bytes(8, "little") + header)
    digest.update(container.body)
    return digest.hexdigest()


def check_container(section: Section, container: Container) -> None:
    """The file itself: integers only, and the one form that its contents have."""
    for tensor in container.tensors:
        section.require(
            tensor.dtype in INTEGERS,
            rules.INTEGER_TENSORS,
            tensor.name,
            f"expected a type of {INTEGERS}, got {tensor.dtype}",
        )
    whole = section.require(
        not container.reals, rules.INTEGER_TEXT, "the header", f"expected integers, got {container.reals[:4]}"
    )
    section.require(
        set(container.metadata) == {KEY}, rules.NOTHING_HIDDEN, "the header", f"expected no metadata but {KEY!r}"
    )
    if whole:
        text = json.dumps(container.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        section.require(
            container.document_text == text, rules.NOTHING_HIDDEN, "the operator list", "expected its canonical text"
        )
    if set(container.metadata) == {KEY}:
        section.require(
            container.header_text == _canonical_header(container),
            rules.NOTHING_HIDDEN,
            "the header",
            "expected its canonical text, tensors by type and name without a gap, filled up to 8 bytes with spaces",
        )
    end = max((tensor.end for tensor in container.tensors), default=0)
    section.require(
        len(container.body) == end, rules.NOTHING_HIDDEN, "the end", f"expected {end} bytes of tensors, got more"
    )
    claimed = container.document.get("sha256")
    found = _digest(container)
    section.require(claimed == found, rules.DIGEST, "sha256", f"expected {found}, got {str(claimed)[:64]!a}")


def _canonical_header(container: Container) -> str:
    order = {dtype: place for place, dtype in enumerate(INTEGERS)}
    entries: dict[str, Any] = {METADATA: dict(container.metadata)}
    at = 0
    for tensor in sorted(container.tensors, key=lambda tensor: (order.get(tensor.dtype, -1), tensor.name)):
        size = tensor.end - tensor.begin
        entries[tensor.name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    return text + " " * (-len(text.encode()) % 8)


def _digest(container: Container) -> str:
    kept = {key: value for key, value in container.document.items() if key != "sha256"}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    state = hashlib.sha256(text.encode() + b"\0")
    for tensor in sorted(container.tensors, key=lambda tensor: tensor.name):
        state.update(container.bytes_of(tensor))
    return state.hexdigest()


def check_kept(section: Section, source: Source) -> None:
    """Nothing is kept that no step reads, and constants take the bits that they need."""
    for tensor in source.container.tensors:
        section.require(
            tensor.name in source.used, rules.NOTHING_HIDDEN, tensor.name, "expected a step that reads this tensor"
        )
    for step in source.steps:
        for name, array in step.arrays.items():
            if array.least is None or not array.stored:
                continue
            least, most = (int(array.codes.min()), int(array.codes.max())) if array.codes.size else (0, 0)
            needed = max((most - least).bit_length(), 1)
            section.require(
                (array.least, array.bits) == (least, needed),
                rules.CLAIMED_WIDTHS,
                step.name,
                f"{name}: expected the width that its values need, {needed} bits from {least}, got {array.bits} "
                f"from {array.least}",
            )
