"""A decoder as deployed, without torch: a run for the audio, and one for each token, which reads what was kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earnest.engine import NativeBackend
from earnest.errors import ProgramError
from earnest.integer.dimension import TOKENS
from earnest.integer.program.program import Input, Program
from earnest.integer.program.target import Target, load_target
from earnest.integer.program.verifier import verify
from earnest.integer.sequence.token_by_token import token_by_token
from earnest.runtime.backend import Make


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Codes that the next token needs: what was made of the audio, and what was kept of the tokens before."""

    encoded: tuple[np.ndarray, ...]
    kept: tuple[np.ndarray, ...]


def nothing_kept(inputs: Sequence[Input]) -> tuple[np.ndarray, ...]:
    """What inputs of kept codes read before the first token."""
    return tuple(
        np.zeros([0 if extent == spec.symbol else int(str(extent)) for extent in spec.shape], dtype=spec.container)
        for spec in inputs
    )


class Decoder:
    """A verified program that reads tokens, run token by token. A target that does not come with earnest is given."""

    def __init__(self, program: Program, backend: Make = NativeBackend, *, target: Target | None = None) -> None:
        programs = token_by_token(program)
        self.classes = programs.classes
        device = target if target is not None else load_target(program.target)
        for each in (programs.once, programs.step):
            verify(each, device)
        self._once, self._step = backend(programs.once), backend(programs.step)
        self._inputs = programs.step.inputs

    def encode(self, codes: np.ndarray) -> State:
        """The state before the first token, for the codes of one utterance."""
        encoded = self._once.run_all(codes)
        return State(encoded=tuple(encoded), kept=nothing_kept(self._inputs[1 + len(encoded) :]))

    def step(self, state: State, token: int) -> tuple[np.ndarray, State]:
        """The logits [classes] behind a token, and the state after it."""
        spec = self._inputs[0]
        if not spec.low <= token <= spec.high:
            raise ProgramError(f"{TOKENS}: expected {spec.low} .. {spec.high}, got {token}")
        tokens = np.asarray([[token]], dtype=spec.container)
        logits, *kept = self._step.run_all(tokens, *state.encoded, *state.kept)
        return logits[0, 0], State(encoded=state.encoded, kept=tuple(kept))

    def begin(self, codes: np.ndarray, start: Sequence[int]) -> tuple[np.ndarray, State]:
        """The logits behind the tokens that a decoder begins with, and the state there."""
        state, logits = self.encode(codes), None
        for token in start:
            logits, state = self.step(state, token)
        if logits is None:
            raise ProgramError(f"{TOKENS}: expected at least one to begin with, got none")
        return logits, state
