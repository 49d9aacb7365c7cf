r"""A certificate: what a program was judged to be and what it made of stored codes, for anybody to compute again.

It is a JSON file, and beside it `<its name>.codes.safetensors` with the feature codes of every utterance, an integer
tensor each under the utterance's id. Front ends and decoders of audio are not the same to the bit on every machine, so
the replay starts from the codes; logits, texts and word errors must come out the same everywhere.

The hash of codes is the SHA-256 of their shape, decimal numbers with commas and a line feed (`1,134,80\n`), and of the
codes as little-endian integers of 64 bits, row by row: it does not depend on the type that carries them.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from earnest.errors import FileError
from earnest.judge.difference import Difference, differences, settled
from earnest.judge.document import Document, read_document
from earnest.judge.replay import RunProgram
from earnest.judge.words import counted, normalised, total

KIND, VERSION = "certificate", 1
CODES_SUFFIX = ".codes.safetensors"
LARGEST_CODES = 1 << 33
"""Bytes of a file of feature codes."""

_INTEGERS = {"I8", "U8", "I16", "U16", "I32", "I64"}
_PLACES = 4

Decode = Callable[[np.ndarray], str]
"""The text of logit codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One utterance to certify: the feature codes are those that the program is given."""

    id: str
    audio_sha256: str
    reference: str
    codes: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """What a certificate says of one utterance."""

    id: str
    audio_sha256: str
    features_sha256: str
    logits_sha256: str
    reference: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """`verdict` is a verdict's JSON without times; `errors` and `words` are those of all rows under `normalisation`."""

    program_sha256: str
    verdict: Mapping[str, Any]
    rows: tuple[CertificateRow, ...]
    normalisation: str
    errors: int
    words: int
    versions: Mapping[str, str]
    codes_file: str
    codes_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was computed again and differs, and how many utterances were. `notes` are versions that differ: no fault."""

    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...]
    utterances: int


def codes_sha256(codes: np.ndarray) -> str:
    """The hash of integer codes, as the module defines it."""
    digest = hashlib.sha256(",".join(map(str, codes.shape)).encode() + b"\n")
    digest.update(np.ascontiguousarray(codes, dtype="<i8").tobytes())
    return digest.hexdigest()


def issue_certificate(
    path: str | os.PathLike[str],
    utterances: Iterable[Recorded],
    *,
    program_sha256: str,
    verdict: Mapping[str, Any],
    normalisation: str,
    run: RunProgram,
    decode: Decode,
    versions: Mapping[str, str],
) -> Certificate:
    """Run the program on the codes of every utterance and write both files; FileError where they cannot be written."""
    file = Path(path)
    codes_file = file.with_name(file.name + CODES_SUFFIX)
    codes: dict[str, np.ndarray] = {}
    rows = []
    for given in utterances:
        if given.id in codes:
            raise FileError(f"{file}: utterance {given.id} is there twice; a certificate names every utterance once")
        codes[given.id] = np.ascontiguousarray(given.codes)
        rows.append(_computed(given, run, decode))
    if not rows:
        raise FileError(f"{file}: expected at least one utterance to certify, got none")
    try:
        save_file(codes, codes_file)
        errors, words = _counts(rows, normalisation)
        certificate = Certificate(
            program_sha256=program_sha256,
            verdict=settled(verdict),
            rows=tuple(rows),
            normalisation=normalisation,
            errors=errors,
            words=words,
            versions=dict(versions),
            codes_file=codes_file.name,
            codes_sha256=_file_sha256(codes_file),
        )
        file.write_text(_to_text(certificate), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise FileError(f"{file}: the certificate cannot be written: {error}") from error
    return certificate


def verify_certificate(
    path: str | os.PathLike[str],
    *,
    program_sha256: str,
    verdict: Mapping[str, Any],
    run: RunProgram,
    decode: Decode,
    versions: Mapping[str, str],
) -> Verification:
    """Compute everything again from the stored codes. `program_sha256` and `verdict` are those of the program at hand.

    FileError: a certificate that is malformed, or whose file of codes does not belong to it.
    """
    certificate = read_certificate(path)
    codes_file = Path(path).with_name(certificate.codes_file)
    rows = tuple(
        _computed(Recorded(id=row.id, audio_sha256=row.audio_sha256, reference=row.reference, codes=codes), run, decode)
        for row, codes in _stored(codes_file, certificate.rows)
    )
    errors, words = _counts(rows, certificate.normalisation)
    again = Certificate(
        program_sha256=program_sha256,
        verdict=settled(verdict),
        rows=rows,
        normalisation=certificate.normalisation,
        errors=errors,
        words=words,
        versions=dict(versions),
        codes_file=certificate.codes_file,
        codes_sha256=_file_sha256(codes_file),
    )
    return Verification(
        differences=tuple(compare(certificate, again)),
        notes=tuple(differences("versions", certificate.versions, again.versions)),
        utterances=len(rows),
    )


def compare(certificate: Certificate, again: Certificate) -> list[Difference]:
    """Everything but versions that differs between two certificates of one list of utterances."""
    found = differences("verdict", certificate.verdict, again.verdict)
    for name in ("program_sha256", "codes_sha256", "normalisation", "errors", "words"):
        found += differences(name, getattr(certificate, name), getattr(again, name))
    found += differences("utterances", [row.id for row in certificate.rows], [row.id for row in again.rows])
    for row, other in zip(certificate.rows, again.rows, strict=False):
        found += differences(row.id, _row_facts(row), _row_facts(other))
    return found


def read_certificate(path: str | os.PathLike[str]) -> Certificate:
    """Read a certificate; nothing in it is trusted, FileError names the part that is not as expected."""
    document = read_document(path, kind=KIND, version=VERSION)
    codes, words, versions = document.part("codes"), document.part("word_errors"), document.part("versions")
    name = codes.name("file")
    if Path(name).name != name or not name.endswith(CODES_SUFFIX):
        codes.refuse("file", f"the name of a file beside the certificate, ending in {CODES_SUFFIX}")
    rows = tuple(_row(part) for part in document.parts("utterances"))
    if not rows or len({row.id for row in rows}) != len(rows):
        raise FileError(f"{document.source}: utterances: expected at least one, and every id once")
    return Certificate(
        program_sha256=document.sha256("program_sha256"),
        verdict=document.part("verdict").content,
        rows=rows,
        normalisation=words.name("normalisation"),
        errors=words.count("errors"),
        words=words.count("words"),
        versions={key: versions.text(key) for key in versions.content},
        codes_file=name,
        codes_sha256=codes.sha256("sha256"),
    )


def _row(part: Document) -> CertificateRow:
    hashes = {name: part.sha256(name) for name in ("audio_sha256", "features_sha256", "logits_sha256")}
    return CertificateRow(id=part.name("id"), **hashes, reference=part.text("reference"), text=part.text("text"))


def _row_facts(row: CertificateRow) -> dict[str, str]:
    return {field.name: getattr(row, field.name) for field in fields(CertificateRow)}


def _to_text(certificate: Certificate) -> str:
    value = {
        "kind": KIND,
        "version": VERSION,
        "program_sha256": certificate.program_sha256,
        "verdict": certificate.verdict,
        "utterances": [_row_facts(row) for row in certificate.rows],
        "word_errors": {
            "normalisation": certificate.normalisation,
            "errors": certificate.errors,
            "words": certificate.words,
            "wer": round(100 * certificate.errors / certificate.words, _PLACES) if certificate.words else None,
        },
        "versions": certificate.versions,
        "codes": {"file": certificate.codes_file, "sha256": certificate.codes_sha256},
    }
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _computed(given: Recorded, run: RunProgram, decode: Decode) -> CertificateRow:
    logits = run(given.codes)
    return CertificateRow(
        id=given.id,
        audio_sha256=given.audio_sha256,
        features_sha256=codes_sha256(given.codes),
        logits_sha256=codes_sha256(logits),
        reference=given.reference,
        text=decode(logits),
    )


def _counts(rows: Iterable[CertificateRow], normalisation: str) -> tuple[int, int]:
    pairs = [(normalised(row.reference, normalisation), normalised(row.text, normalisation)) for row in rows]
    count = total(counted([reference for reference, _ in pairs], [text for _, text in pairs]))
    return count.errors, count.words


def stored_codes(path: str | os.PathLike[str], certificate: Certificate) -> Iterator[tuple[str, np.ndarray]]:
    """Id and feature codes of every utterance that a certificate at a path names."""
    for row, codes in _stored(Path(path).with_name(certificate.codes_file), certificate.rows):
        yield row.id, codes


def _stored(file: Path, rows: tuple[CertificateRow, ...]) -> Iterator[tuple[CertificateRow, np.ndarray]]:
    """The codes of every row, one at a time."""
    try:
        if file.stat().st_size > LARGEST_CODES:
            raise FileError(f"{file}: expected at most {LARGEST_CODES} bytes, got {file.stat().st_size}")
        with safe_open(file, framework="numpy") as tensors:
            names = {row.id for row in rows}
            if (stored := set(tensors.keys())) != names:
                raise FileError(f"{file}: expected the codes of {len(names)} utterances, got {len(stored)} others")
            for row in rows:
                if (kind := str(tensors.get_slice(row.id).get_dtype())) not in _INTEGERS:
                    raise FileError(f"{file}: {row.id}: expected integer codes, got {kind}")
                yield row, tensors.get_tensor(row.id)
    except (OSError, SafetensorError) as error:
        raise FileError(f"{file}: expected the feature codes of a certificate: {error}") from error


def _file_sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
