"""Where each step of a program that reads tokens belongs: to what is made once of the audio, or to every token.

A step for one token is the program's own operator, behind the codes that are kept of the tokens before: keys and values
of attention under the causal mask, and what a recurrence reads, which goes over all of it again, from the first token
on. Ranges do not depend on data, so that kept codes are the very codes that the whole program makes.
"""

from collections.abc import Sequence
from dataclasses import replace

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.dimension import TOKENS, Dimension
from earnest.integer.law.concat import Concat
from earnest.integer.law.operator import Proof
from earnest.integer.law.places import Place, Reading, Rows
from earnest.integer.law.slice import Slice
from earnest.integer.program.program import Input, Program, Step
from earnest.integer.program.verifier import propagate
from earnest.integer.sequence.causality import place_of, remembered

PAST, AUDIO = "past", "audio"
"""Symbols: how many tokens there were before, and how long something is that was made of the audio."""

_WIDEST_ACCUMULATOR = 64
_TIME_OF_RECURRENCES = 1


class Splitting:
    """The steps of a verified program: `once` for those that depend on no token, `steps` for one token, what is `kept`
    of a value along an axis, and all values that depend on the audio.

    ProgramError where a token may depend on later ones, or the program has not one row of output for each token.
    """

    def __init__(self, program: Program) -> None:
        spec = program.inputs[-1]
        if len(program.inputs) != 2 or spec.shape != (1, TOKENS) or not spec.shortest == 1 < spec.longest:
            raise ProgramError(
                f"expected a program that reads from one token on, (1, {TOKENS!r}), beside the audio; it reads "
                f"{[each.shape for each in program.inputs]}, {spec.shortest} to {spec.longest}"
            )
        self.program = program
        self.audio, self.tokens = program.inputs
        self.ends = [self._domains(self.audio.shortest), self._domains(self.audio.longest)]
        self.places: dict[str, Place] = {self.audio.name: None, self.tokens.name: Rows(axis=-1)}
        self.depends_on_audio = {self.audio.name}
        self.kept: dict[tuple[str, int], str] = {}
        self.once: list[Step] = []
        self.steps: list[Step] = []
        self._lengths: dict[tuple[int, int], str] = {}
        for step in needed(program.steps, [program.output]):
            self._place(step)
        if not isinstance(self.places[program.output], Rows):
            raise ProgramError(f"{program.output}: expected an output for each token")

    @property
    def classes(self) -> int:
        """How many logits there are behind a token."""
        return self.ends[0][self.program.output].shape[-1]

    def rows_of(self, *axes: str) -> None:
        """ProgramError unless the output is [1, ..., classes], with one axis for each of these, tokens the last."""
        found = self.ends[0][self.program.output].shape
        if len(found) != len(axes) + 2 or found[0] != 1 or self.places[self.program.output] != Rows(axis=-2):
            raise ProgramError(f"{self.program.output}: expected logits [1, {', '.join(axes)}, classes], got {found}")

    @property
    def fixed(self) -> list[Step]:
        """Steps that depend on nothing, and are made again wherever they are read."""
        return [step for step in self.once if step.name not in self.depends_on_audio]

    def crossing(self, readers: Sequence[Step]) -> list[str]:
        """What is made once of the audio, and read by some of the steps for one token."""
        read = {name for step in readers for name in step.inputs}
        return [step.name for step in self.once if step.name in read & self.depends_on_audio]

    def made_once(self, crossing: Sequence[str]) -> Program:
        """The program of the audio, whose outputs are what others read of it."""
        if not crossing:
            raise ProgramError(f"{self.program.output}: expected tokens that depend on the audio")
        return replace(
            self.program,
            inputs=(self.audio,),
            steps=needed(self.once, crossing),
            output=crossing[0],
            kept=tuple(crossing[1:]),
            description={},
        )

    def past_inputs(self) -> list[Input]:
        """What a step for one token reads of the tokens before."""
        return [
            input_like(_past_name(name), self.ends[1][name], axis, PAST, (0, self.tokens.longest - 1))
            for name, axis in self.kept
        ]

    def audio_input(self, name: str) -> Input:
        """What was made once; its length is that of the one axis that grows with the audio, or the last's."""
        grows = self.grows(name)
        if len(grows) > 1:
            raise ProgramError(f"{name}: expected one axis that grows with the audio, got {len(grows)}")
        short, long = (domains[name] for domains in self.ends)
        axis = grows[0] if grows else -1
        ends = (short.shape[axis], long.shape[axis])
        symbol = self._lengths.setdefault(ends, f"{AUDIO}[{len(self._lengths)}]")
        return input_like(name, long, axis, symbol, ends)

    def grows(self, name: str) -> list[int]:
        """The axes of a value, from the end, that grow with the audio."""
        short, long = (domains[name].shape for domains in self.ends)
        return [axis - len(short) for axis, extent in enumerate(short) if extent != long[axis]]

    def reading(self, step: Step, places: dict[str, Place], rows: str = TOKENS) -> Reading:
        """What a step reads, for two tokens."""
        shapes, longest = ([domains[name].shape for name in step.inputs] for domains in self.ends)
        return Reading(
            name=step.name,
            operator=step.operator,
            places=[places[name] for name in step.inputs],
            shapes=shapes,
            longest=longest,
            symbols={self.audio.symbol: self.audio.shortest, TOKENS: 2},
            rows=rows,
        )

    def _domains(self, length: int) -> dict[str, Domain]:
        """The domain of every value for two tokens."""
        symbols = {self.audio.symbol: length, TOKENS: 2}
        return propagate(self.program, Proof(symbols=symbols, accumulator_bits=_WIDEST_ACCUMULATOR))

    def _place(self, step: Step) -> None:
        reading = self.reading(step, self.places)
        place = self.places[step.name] = place_of(reading)
        if self.depends_on_audio.intersection(step.inputs) or step.operator.depends_on(self.audio.symbol):
            self.depends_on_audio.add(step.name)
        if place is None:
            self.once.append(step)
        else:
            self.steps += self._for_one_token(step, reading)

    def _for_one_token(self, step: Step, reading: Reading) -> list[Step]:
        """A step behind the table's rows of the past, or beside what is kept of it."""
        operator, found, inputs = step.operator, remembered(reading), list(step.inputs)
        before: list[Step] = []
        if found is not None:
            operand, axis = found
            before, inputs[operand] = self._with_past(inputs[operand], axis)
        if operator.carries:
            again = Step(name=f"{step.name} from the first on", operator=operator, inputs=tuple(inputs))
            last = Step(name=step.name, operator=_here(_TIME_OF_RECURRENCES), inputs=(again.name,))
            return [*before, again, last]
        if isinstance(operator, Slice) and reading.places[0] is None:
            operator = _here(operator.axis)
        return [*before, Step(name=step.name, operator=operator, inputs=tuple(inputs))]

    def _with_past(self, name: str, axis: int) -> tuple[list[Step], str]:
        """The value of this token behind those of the past: the step that puts it there, unless there is one, and the
        name of what it makes.
        """
        if (name, axis) in self.kept:
            return [], self.kept[name, axis]
        joined = self.kept[name, axis] = f"{name} so far"
        concat = Concat(axis=axis + len(self.ends[0][name].shape))
        return [Step(name=joined, operator=concat, inputs=(_past_name(name), name))], joined


def _here(axis: int) -> Slice:
    """Of rows for all tokens those behind the past."""
    return Slice(axis=axis, start=PAST, stop=("+", PAST, TOKENS), step=1)


def _past_name(name: str) -> str:
    return f"{name} before"


def input_like(name: str, domain: Domain, axis: int, symbol: str, ends: tuple[int, int]) -> Input:
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


def needed(steps: Sequence[Step], names: Sequence[str]) -> tuple[Step, ...]:
    """The steps on the way to some values, in their order."""
    found = set(names)
    for step in reversed(steps):
        if step.name in found:
            found.update(step.inputs)
    return tuple(step for step in steps if step.name in found)
