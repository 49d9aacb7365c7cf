"""A transducer as deployed, without torch: a run for the audio, one for each token, and one for each choice."""

from dataclasses import dataclass

import numpy as np

from earnest.engine import NativeBackend
from earnest.errors import ProgramError
from earnest.integer.dimension import TOKENS
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import verify
from earnest.integer.sequence.frame_by_frame import frame_by_frame
from earnest.runtime.backend import Make
from earnest.runtime.decoding.decoder import nothing_kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Codes of what the tokens so far say, and what was kept of them."""

    codes: tuple[np.ndarray, ...]
    kept: tuple[np.ndarray, ...]


class Transducer:
    """A verified program of frames and tokens. A target that does not come with earnest is given."""

    def __init__(self, program: Program, backend: Make = NativeBackend, *, target: Target | None = None) -> None:
        self.programs = frame_by_frame(program)
        device = target if target is not None else load_target(program.target)
        made = []
        for each in (self.programs.once, self.programs.step, self.programs.join):
            verify(each, device)
            made.append(backend(each))
        self.once, self.step, self.join = made

    def encode(self, codes: np.ndarray) -> "EncodedFrames":
        """The frames of one utterance."""
        return EncodedFrames(self, self.once.run_all(codes))


class EncodedFrames:
    """The frames of one utterance, each of them a part of what was made of the whole."""

    def __init__(self, transducer: Transducer, encoded: list[np.ndarray]) -> None:
        self.transducer, self.encoded = transducer, encoded
        counts = {codes.shape[axis] for codes, axis in zip(encoded, transducer.programs.frames, strict=True)}
        if len(counts) != 1:
            raise ProgramError(f"expected as many frames in all that was made of the audio, got {sorted(counts)}")
        (self.count,) = counts

    def say(self, token: int, before: Said | None) -> Said:
        """What a token says behind those before."""
        programs = self.transducer.programs
        spec, *past = programs.step.inputs
        if not spec.low <= token <= spec.high:
            raise ProgramError(f"{TOKENS}: expected {spec.low} .. {spec.high}, got {token}")
        kept = before.kept if before is not None else nothing_kept(past)
        made = self.transducer.step.run_all(np.asarray([[token]], dtype=spec.container), *kept)
        return Said(codes=tuple(made[: programs.says]), kept=tuple(made[programs.says :]))

    def row(self, frame: int, said: Said) -> np.ndarray:
        """The logits [classes] at a frame, behind the tokens so far."""
        axes = self.transducer.programs.frames
        here = [np.take(codes, [frame], axis=axis) for codes, axis in zip(self.encoded, axes, strict=True)]
        (logits,) = self.transducer.join.run_all(*here, *said.codes)
        return logits.reshape(-1)
