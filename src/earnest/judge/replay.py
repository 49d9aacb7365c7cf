"""An independent replay: one program run by two things that share no code, code for code.

The judge gets both as callables and looks at nothing but integers: every code of every utterance is compared, and what
would agree whatever the program does (nothing read, one answer for all) is no evidence.
"""

from collections.abc import Callable, Iterable

import numpy as np

from earnest.errors import ProgramError
from earnest.judge.level import Level
from earnest.judge.verdict import Rule, Section

NAME = "replay"

RunProgram = Callable[[np.ndarray], np.ndarray]
"""Logit codes of the feature codes of one utterance."""

AGREES = Rule(name="replay-agrees", asks="an independent runtime makes the very same codes", cap=Level.NONE)
WHOLE = Rule(name="replay-in-integers", asks="both runs make integers, from integers", cap=Level.NONE)
TELLS = Rule(name="replay-tells", asks="what was replayed could have differed: several answers were given", cap=None)
RULES = (AGREES, WHOLE, TELLS)


def judge_replay(
    run: RunProgram, again: RunProgram, utterances: Iterable[tuple[str, np.ndarray]], *, runtime: str, products: str
) -> Section:
    """Compare the codes of two runs over utterances (id, feature codes). `runtime` names the second, `products` how it
    multiplies 8-bit codes.
    """
    section = Section(name=NAME, rules=RULES)
    count = compared = differing = 0
    answers: set[bytes] = set()
    varied = False
    for name, codes in utterances:
        count += 1
        one, other = run(codes), again(codes)
        answers.add(one.tobytes())
        varied |= one.size > 1 and one.min() < one.max()
        kinds = {array.dtype.kind for array in (codes, one, other)}
        if not section.require(kinds <= {"i", "u"}, WHOLE, name, f"expected integers, got {sorted(kinds)}"):
            continue
        compared += one.size
        wrong = one.size if one.shape != other.shape else int(np.count_nonzero(one != other))
        differing += wrong
        section.require(
            wrong == 0, AGREES, name, f"expected the same codes, got {wrong} of {one.size} that differ, {other.shape}"
        )
    if count == 0:
        raise ProgramError("replay: expected at least one utterance, got none")
    section.require(
        bool(varied) and (count == 1 or len(answers) > 1),
        TELLS,
        "all utterances",
        f"expected codes that vary, and from one utterance to the next; got {len(answers)} answers to {count}",
    )
    section.figures = {
        "replayed": compared > 0 and not section.findings,
        "utterances": count,
        "codes": compared,
        "differing": differing,
        "products": products,
        "runtime": runtime,
    }
    return section
