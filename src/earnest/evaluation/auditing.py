"""What an audit runs: a program on its backend and in onnxruntime, over utterances or over a certificate's codes.

The judges see callables and codes alone; here they are made.
"""

import importlib.metadata
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from earnest.errors import DataError
from earnest.export.onnx.session import Replay, runtime_name
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.judge.certificate import (
    Certificate,
    Recorded,
    Verification,
    issue_certificate,
    read_certificate,
    stored_codes,
    verify_certificate,
)
from earnest.judge.evaluation import judge_evaluation
from earnest.judge.replay import NAME as REPLAY
from earnest.judge.replay import judge_replay
from earnest.judge.verdict import Section, Verdict
from earnest.runtime.audio import read_audio
from earnest.runtime.fingerprint import audio_sha256
from earnest.runtime.recognizer import Recognizer
from earnest.speech.librispeech import Utterance
from earnest.speech.normalisation import NORMALISATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A lawful program and what runs it."""

    program: Program
    recognizer: Recognizer
    threads: int

    @classmethod
    def of(cls, program: Program, target: Target, *, threads: int) -> "Audited":
        """On the native backend."""
        recognizer = Recognizer(program, threads=threads, target=target)
        return cls(program=program, recognizer=recognizer, threads=threads)

    def decode(self, logits: np.ndarray) -> str:
        """The text of logit codes [frames, classes]."""
        return self.recognizer.read(logits).text

    def again(self, replay: Replay, codes: np.ndarray) -> np.ndarray:
        """The logit codes of the whole program at once in another runtime: behind the tokens that a decoder or a
        transducer chose one by one, and of the latter along its way through the frames.
        """

        def run(codes: np.ndarray, tokens: tuple[int, ...]) -> np.ndarray:
            read = [np.asarray([tokens], dtype=spec.container) for spec in self.program.inputs[1:]]
            return replay.run(codes, *read)[0]

        def chosen() -> tuple[int, ...]:
            return self.recognizer.read(self.recognizer.logits(codes)).token_ids

        return self.recognizer.description.decoding.at_once(run, codes, chosen)


def recorded(audited: Audited, utterances: Iterable[Utterance]) -> Iterator[Recorded]:
    """The feature codes of utterances; an error names the one that cannot be read."""
    rate = audited.recognizer.description.front_end.sample_rate
    for utterance in utterances:
        if utterance.text is None:
            raise DataError(f"utterance {utterance.id}: expected its transcript: read the split with its transcripts")
        samples = read_audio(utterance.path, rate).samples
        codes = audited.recognizer.codes(samples)
        yield Recorded(id=utterance.id, audio_sha256=audio_sha256(samples), reference=utterance.text, codes=codes)


def replayed(audited: Audited, codes: Iterable[tuple[str, np.ndarray]]) -> Section:
    """The program in onnxruntime beside its backend, code for code."""
    again = Replay(audited.program, threads=audited.threads)
    return judge_replay(
        audited.recognizer.logits,
        lambda each: audited.again(again, each),
        codes,
        runtime=runtime_name(),
        products=again.products,
    )


def evaluated(verdict: Verdict, audited: Audited, record: Path, margin: float | None) -> Verdict:
    """The verdict with its judgement of the record of an evaluation."""
    calibration = [(each.id, each.audio_sha256) for each in audited.recognizer.description.calibration]
    program = str(verdict.subject.facts["sha256"])
    section = judge_evaluation(record, calibration=calibration, margin=margin, program_sha256=program)
    return joined(verdict, section)


def certify(path: Path, verdict: Verdict, audited: Audited, utterances: Sequence[Recorded]) -> Certificate:
    """Write a certificate of the verdict and of what the program makes of utterances."""
    return issue_certificate(
        path,
        utterances,
        program_sha256=str(verdict.subject.facts["sha256"]),
        verdict=certified(verdict),
        normalisation=NORMALISATION,
        run=audited.recognizer.logits,
        decode=audited.decode,
        versions=versions(),
    )


def verify(path: Path, verdict: Verdict, audited: Audited) -> Verification:
    """Compute everything again that a certificate says, its replay included."""
    certificate = read_certificate(path)
    if REPLAY in certificate.verdict.get("sections", {}):
        verdict = joined(verdict, replayed(audited, stored_codes(path, certificate)))
    return verify_certificate(
        path,
        program_sha256=str(verdict.subject.facts["sha256"]),
        verdict=certified(verdict),
        run=audited.recognizer.logits,
        decode=audited.decode,
        versions=versions(),
    )


def certified(verdict: Verdict) -> dict[str, object]:
    """The verdict as it is certified: of whatever the file is called, and by whichever release of the runtime."""
    found = replace(verdict, subject=replace(verdict.subject, name="")).to_json()
    if REPLAY in found["sections"]:
        figures = found["sections"][REPLAY]["figures"]
        for name in ("runtime", "products"):
            del figures[name]
    return found


def joined(verdict: Verdict, section: Section) -> Verdict:
    """The verdict with one more section."""
    return replace(verdict, sections=(*verdict.sections, section))


def versions() -> dict[str, str]:
    """What a certificate was made with."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in ("earnest", "numpy", "onnx", "onnxruntime", "soundfile"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "none"
    return found
