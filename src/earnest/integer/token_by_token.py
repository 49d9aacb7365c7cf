"""Token by token: the two programs with which a decoder does not make again what it has made for earlier tokens.

    once    what depends on no token, from what is heard
    step    one token behind `past` others: reads the token, what `once` has made, and what is kept of the others

Both are made of the program's own operators, each at its place. What is kept are the keys and the values of attention
under the causal mask; ranges do not depend on data, so that kept codes are the very codes that the whole program makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from earnest.errors import ProgramError
from earnest.integer.causality import Place, Reading, Rows, place_of, remembered
from earnest.integer.codes import Domain
from earnest.integer.dimension import Dimension
from earnest.integer.layout import Concat, Slice
from earnest.integer.operator import Proof
from earnest.integer.program import TOKENS, Input, Program, Step
from earnest.integer.verifier import propagate

PAST, HEARD = "past", "heard"
"""Symbols of `step`: how many tokens there were before, and how long something is that was made of what is heard."""

_WIDEST_ACCUMULATOR = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenByToken:
    """The programs of a decoder. The outputs of `once` are the inputs of `step` behind the token; the values that
    `step` keeps are its last inputs for the next token.
    """

    once: Program
    step: Program


def token_by_token(program: Program) -> TokenByToken:
    """The two programs of one that reads tokens; ProgramError where a token may depend on later ones.

    The program has been verified; who runs the two verifies them as well.
    """
    spec = program.inputs[-1]
    if len(program.inputs) != 2 or spec.shape != (1, TOKENS) or not spec.shortest == 1 < spec.longest:
        raise ProgramError(
            f"expected a program that reads from one token on, (1, {TOKENS!r}), beside what is heard; it reads "
            f"{[each.shape for each in program.inputs]}, {spec.shortest} to {spec.longest}"
        )
    return _Splitter(program).split()


class _Splitter:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.heard, self.tokens = program.inputs
        self.ends = [self._domains(self.heard.shortest), self._domains(self.heard.longest)]
        self.places: dict[str, Place] = {self.heard.name: None, self.tokens.name: Rows(axis=-1)}
        self.hears = {self.heard.name}
        self.kept: dict[tuple[str, int], str] = {}
        self.lengths: dict[tuple[int, int], str] = {}
        self.steps: list[Step] = []

    def split(self) -> TokenByToken:
        """Every step to the program to which it belongs."""
        once: list[Step] = []
        for step in self.program.steps:
            reading = self._reading(step)
            place = self.places[step.name] = place_of(reading)
            if place is None:
                once.append(step)
                if self.hears.intersection(step.inputs):
                    self.hears.add(step.name)
            else:
                self._place(step, reading)
        if not isinstance(self.places[self.program.output], Rows):
            raise ProgramError(f"{self.program.output}: expected an output for each token")
        read = {name for step in self.steps for name in step.inputs}
        crossing = [step.name for step in once if step.name in read & self.hears]
        if not crossing:
            raise ProgramError(f"{self.program.output}: expected tokens that depend on what is heard")
        fixed = [step for step in once if step.name in read - self.hears]
        return TokenByToken(
            once=replace(
                self.program,
                inputs=(self.heard,),
                steps=_needed(once, crossing),
                output=crossing[0],
                kept=tuple(crossing[1:]),
                description={},
            ),
            step=replace(
                self.program,
                inputs=(replace(self.tokens, longest=1), *map(self._crossing_input, crossing), *self._past_inputs()),
                steps=(*_needed(once, [step.name for step in fixed]), *self.steps),
                kept=tuple(self.kept.values()),
                description={},
            ),
        )

    def _domains(self, length: int) -> dict[str, Domain]:
        """The domain of every value for two tokens."""
        symbols = {self.heard.symbol: length, TOKENS: 2}
        return propagate(self.program, Proof(symbols=symbols, accumulator_bits=_WIDEST_ACCUMULATOR))

    def _reading(self, step: Step) -> Reading:
        return Reading(
            step=step,
            places=[self.places[name] for name in step.inputs],
            shapes=[self.ends[0][name].shape for name in step.inputs],
            symbols={self.heard.symbol: self.heard.shortest, TOKENS: 2},
        )

    def _place(self, step: Step, reading: Reading) -> None:
        """A step for one token: behind the table's rows of the past, or beside what is kept of it."""
        operator, inputs = step.operator, step.inputs
        if isinstance(operator, Slice) and reading.places[0] is None:
            operator = replace(operator, start=PAST, stop=("+", PAST, TOKENS))
        axis = remembered(reading)
        if axis is not None:
            inputs = (inputs[0], self._with_past(inputs[1], axis))
        self.steps.append(Step(name=step.name, operator=operator, inputs=inputs))

    def _with_past(self, name: str, axis: int) -> str:
        """The value of this token behind those of the past."""
        if (name, axis) not in self.kept:
            joined = self.kept[name, axis] = f"{name} so far"
            concat = Concat(axis=axis + len(self.ends[0][name].shape))
            self.steps.append(Step(name=joined, operator=concat, inputs=(_past_name(name), name)))
        return self.kept[name, axis]

    def _past_inputs(self) -> list[Input]:
        return [
            _input(_past_name(name), self.ends[1][name], axis, PAST, (0, self.tokens.longest - 1))
            for name, axis in self.kept
        ]

    def _crossing_input(self, name: str) -> Input:
        """What `once` has made; its length is that of the one axis that grows with what is heard, or the last's."""
        short, long = (domains[name] for domains in self.ends)
        grows = [axis for axis, extent in enumerate(short.shape) if extent != long.shape[axis]]
        if len(grows) > 1:
            raise ProgramError(f"{name}: expected one axis that grows with what is heard, got {len(grows)}")
        axis = (grows[0] if grows else len(short.shape) - 1) - len(short.shape)
        ends = (short.shape[axis], long.shape[axis])
        symbol = self.lengths.setdefault(ends, f"{HEARD}[{len(self.lengths)}]")
        return _input(name, long, axis, symbol, ends)


def _past_name(name: str) -> str:
    return f"{name} before"


def _input(name: str, domain: Domain, axis: int, symbol: str, ends: tuple[int, int]) -> Input:
    """An input with what is known of a value, its axis free."""
    shape: list[Dimension] = list(domain.shape)
    shape[axis] = symbol
    return Input(
        name=name,
        bits=domain.bits,
        signed=domain.signed,
        low=domain.low,
        high=domain.high,
        shape=tuple(shape),
        shortest=ends[0],
        longest=ends[1],
    )


def _needed(steps: Sequence[Step], names: Sequence[str]) -> tuple[Step, ...]:
    """The steps on the way to some values, in their order."""
    found = set(names)
    for step in reversed(steps):
        if step.name in found:
            found.update(step.inputs)
    return tuple(step for step in steps if step.name in found)
