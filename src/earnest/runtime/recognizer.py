"""The recogniser as deployed, without torch: samples to features to codes, the program on a backend, codes to text."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from earnest.engine import NativeBackend
from earnest.errors import AudioError, FileError
from earnest.file import open_program
from earnest.integer.dimension import TIME
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.runtime.audio import Recording, read_audio
from earnest.runtime.backend import Backend, Make
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import check_beams
from earnest.runtime.description import describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """The text of one utterance, the tokens that were chosen, and whether a decoder had not ended at its cap."""

    text: str
    token_ids: tuple[int, ...]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was recognised in one recording. It has one window, but where a model takes one length alone, and less than
    the recording has: then the windows follow each other, and each was recognised by itself.
    """

    windows: tuple[Recognized, ...]
    seconds: float
    source_rate: int

    @property
    def text(self) -> str:
        """The texts of the windows, a space between them."""
        return " ".join(each.text for each in self.windows if each.text)

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The tokens of the windows in a row."""
        return tuple(token for each in self.windows for token in each.token_ids)

    @property
    def truncated(self) -> bool:
        """Whether a decoder had not ended, in any window, when it had made as many tokens as it may."""
        return any(each.truncated for each in self.windows)


class Recognizer:
    """A program and what belongs to it, from a file or from memory. Reads samples at the rate of its front end, or any
    audio file.

    It runs on the native backend with so many threads, unless `make` gives another. The program itself is not kept: its
    weights are in `backends`, packed; a decoder has two, a transducer three. A target that does not come with earnest
    is given. A decoder follows so many hypotheses (`beams`); one is greedy decoding.
    """

    def __init__(
        self,
        program: Program | str | PathLike[str],
        make: Make | None = None,
        *,
        threads: int = 1,
        target: Target | None = None,
        beams: int = 1,
    ) -> None:
        program = program if isinstance(program, Program) else open_program(Path(program), target)
        self.input = program.input
        self.description = describe(program)
        self._check()
        self.backends: list[Backend] = []

        def made(each: Program) -> Backend:
            backend = make(each) if make is not None else NativeBackend(each, threads=threads)
            self.backends.append(backend)
            return backend

        decoding = self.description.decoding
        check_beams(beams, decodes=decoding.follows_beams)
        self.recognition = decoding.recognition(program, made, target=target, beams=beams)

    def _check(self) -> None:
        front_end, spec = self.description.front_end, self.input
        features, only = front_end.features, front_end.only_frames
        expected = (1, TIME) if features is None else (1, TIME, features)
        if spec.shape != expected:
            raise FileError(f"the program reads {spec.shape}; its front end makes {expected}")
        if only is not None and not spec.shortest <= only <= spec.longest:
            raise FileError(
                f"the program reads {spec.shortest} .. {spec.longest} frames; its front end always makes {only}"
            )

    def transcribe(self, path: str | PathLike[str]) -> Transcript:
        """The text of one audio file; AudioError names what is wrong with it."""
        recording = read_audio(Path(path), self.description.front_end.sample_rate)
        return self.recognize(recording)

    def recognize(self, recording: Recording) -> Transcript:
        """The text of samples; of a front end that has one length alone, window by window."""
        windows = tuple(self.recognize_codes(self.codes(samples))[0] for samples in self._windows(recording.samples))
        return Transcript(windows=windows, seconds=recording.seconds, source_rate=recording.source_rate)

    def _windows(self, samples: np.ndarray) -> list[np.ndarray]:
        front_end = self.description.front_end
        if front_end.only_frames is None:
            return [samples]
        width = front_end.only_frames * front_end.hop
        return [samples[first : first + width] for first in range(0, max(len(samples), 1), width)]

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

    def recognize_codes(self, codes: np.ndarray) -> tuple[Recognized, np.ndarray]:
        """The text of one utterance, and the logit codes that it was chosen from: [frames, classes], of a decoder
        [tokens, classes], of a transducer [choices, classes].
        """
        decoded, logits = self.recognition.search(codes)
        return self._said(decoded), logits

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Logit codes of one utterance by greedy decoding, whatever the beams: [frames, classes], or of a decoder
        [tokens, classes], each the row that the next token is the best of; of a transducer those of every choice.
        """
        return self.recognition.logits(codes)

    def read(self, logits: np.ndarray) -> Recognized:
        """What logit codes say, greedily; the lowest index wins a tie."""
        return self._said(self.description.decoding.decoded(logits))

    def _said(self, decoded: Decoded) -> Recognized:
        text = self.description.tokens.decode(decoded.tokens)
        return Recognized(text=text, token_ids=decoded.tokens, truncated=decoded.truncated)
