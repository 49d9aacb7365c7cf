"""The recogniser as deployed, without torch: samples to features to codes, the program on a backend, codes to text."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Protocol

import numpy as np

from earnest.engine import NativeBackend
from earnest.errors import AudioError, FileError
from earnest.file import open_program
from earnest.integer.program import TIME, Program
from earnest.runtime.audio import Recording, read_audio
from earnest.runtime.description import describe
from earnest.runtime.text import argmax, ctc_greedy


class Backend(Protocol):
    """What runs a program; all of them give the same codes."""

    name: str

    def run(self, *codes: np.ndarray) -> np.ndarray:
        """Codes of the output for those of the inputs of one utterance."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was recognised in one recording."""

    text: str
    token_ids: tuple[int, ...]
    seconds: float
    source_rate: int


class Recognizer:
    """A program and what belongs to it, from a file or from memory. Reads 16 kHz samples, or any audio file.

    It runs on the native backend with so many threads, unless another backend is given. The program itself is not kept:
    its weights are in the backend, packed.
    """

    def __init__(
        self, program: Program | str | PathLike[str], backend: Backend | None = None, *, threads: int = 1
    ) -> None:
        program = program if isinstance(program, Program) else open_program(Path(program))
        self.input = program.input
        self.description = describe(program)
        if self.description.decoding is not None:
            raise FileError("expected a program that hears and nothing else; this one reads tokens: use `Decoder`")
        self.backend: Backend = backend if backend is not None else NativeBackend(program, threads=threads)
        features = self.description.front_end.features
        expected = (1, TIME) if features is None else (1, TIME, features)
        if self.input.shape != expected:
            raise FileError(f"the program reads {self.input.shape}; its front end makes {expected}")

    def transcribe(self, path: str | PathLike[str]) -> Transcript:
        """The text of one audio file; AudioError names what is wrong with it."""
        recording = read_audio(Path(path), self.description.front_end.sample_rate)
        return self.recognise(recording)

    def recognise(self, recording: Recording) -> Transcript:
        """The text of samples."""
        ids = self.token_ids(self.logits(self.codes(recording.samples)))
        return Transcript(
            text=self.description.tokens.decode(ids),
            token_ids=tuple(ids),
            seconds=recording.seconds,
            source_rate=recording.source_rate,
        )

    def codes(self, samples: np.ndarray) -> np.ndarray:
        """Feature codes [1, frames, features] of samples, or [1, samples]."""
        return self.codes_of(self.description.front_end(samples))

    def codes_of(self, features: np.ndarray) -> np.ndarray:
        """Codes of what the front end made, with an axis before it; a length that is not proved is refused."""
        spec, frames = self.input, len(features)
        seconds = self.description.front_end.hop / self.description.front_end.sample_rate
        if frames < spec.shortest:
            raise AudioError(
                f"the recording is too short: expected at least {spec.shortest} frames = "
                f"{spec.shortest * seconds:g} s, got {frames}"
            )
        if frames > spec.longest:
            raise AudioError(
                f"the recording is too long: expected at most {spec.longest} frames = {spec.longest * seconds:g} s, "
                f"got {frames}: cut it, or quantize the model for a greater length (--longest)"
            )
        return self.description.input_grid.encode(features[None], spec.bits, signed=spec.signed)

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Logit codes [frames, classes] of one utterance."""
        return self.backend.run(codes)[0]

    def token_ids(self, logits: np.ndarray) -> list[int]:
        """Greedy CTC decoding; the lowest index wins a tie."""
        return ctc_greedy(argmax(logits), blank=self.description.tokens.blank)
