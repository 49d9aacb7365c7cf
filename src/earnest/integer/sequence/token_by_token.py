"""Token by token: the two programs with which a decoder does not make again what it has made for earlier tokens.

    once    what depends on no token, from the audio
    step    one token behind `past` others: reads the token, what `once` has made, and what is kept of the others

Both are made of the program's own operators, each at its place (integer.splitting).
"""

from dataclasses import dataclass, replace

from earnest.integer.dimension import TOKENS
from earnest.integer.program.program import Program
from earnest.integer.sequence.splitting import Splitting, needed


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenByToken:
    """The programs of a decoder. The outputs of `once` are the inputs of `step` behind the token; the values that
    `step` keeps are its last inputs for the next token. There are so many `classes` of logits.
    """

    once: Program
    step: Program
    classes: int


def token_by_token(program: Program) -> TokenByToken:
    """The two programs of one that reads tokens; ProgramError where a token may depend on later ones.

    The program has been verified; who runs the two verifies them as well.
    """
    split = Splitting(program)
    split.rows_of(TOKENS)
    crossing = split.crossing(split.steps)
    step = replace(
        program,
        inputs=(replace(split.tokens, longest=1), *map(split.audio_input, crossing), *split.past_inputs()),
        steps=needed([*split.fixed, *split.steps], [step.name for step in split.steps]),
        kept=tuple(split.kept.values()),
        description={},
    )
    return TokenByToken(once=split.made_once(crossing), step=step, classes=split.classes)
