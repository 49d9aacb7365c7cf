"""Replays that do not agree, and some that could not have disagreed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.planting import short

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.program.program import run
from earnest.judge.level import Level
from earnest.judge.replay import RunProgram, judge_replay
from earnest.judge.verdict import Subject, Verdict

Utterances = list[tuple[str, np.ndarray]]


def law(codes: np.ndarray) -> np.ndarray:
    """The short program as it is."""
    return run(short(), [codes], IntegerAccumulation())[0]


def utterances(count: int = 3) -> Utterances:
    """Utterances of feature codes."""
    rng = np.random.default_rng(5)
    return [(f"u{index}", rng.integers(-128, 128, (1, 9 + 2 * index, 16)).astype(np.int8)) for index in range(count)]


def verdict(one: RunProgram, other: RunProgram, utterances: Utterances) -> Callable[[Path], Verdict]:
    """A judge of a replay alone."""

    def judge(folder: Path) -> Verdict:
        del folder
        section = judge_replay(one, other, utterances, runtime="another", products="int8")
        subject = Subject(kind="program", name="short", ceiling=Level.H4, reason="a front end in integers")
        return Verdict(subject=subject, float_operators=0, bits_per_weight=8.0, sections=(section,))

    return judge


def off_by_one(codes: np.ndarray) -> np.ndarray:
    """One code of one utterance differs, as double rounding makes it."""
    made = law(codes).copy()
    if codes.shape[1] == 11:
        made.reshape(-1)[7] += 1
    return made


def floating(codes: np.ndarray) -> np.ndarray:
    """The same values from a simulation in float."""
    return law(codes).astype(np.float64)


def deaf(codes: np.ndarray) -> np.ndarray:
    """One answer for all, so that any two runs agree."""
    return law(utterances(1)[0][1])


CHEATS = (
    Cheat(
        name="a simulation that rounds twice",
        patterns=(15, 35),
        rule="replay-agrees",
        judge=verdict(law, off_by_one, utterances()),
    ),
    Cheat(
        name="a simulation in float",
        patterns=(1, 35),
        rule="replay-in-integers",
        judge=verdict(law, floating, utterances()),
    ),
    Cheat(name="a replay of one answer", patterns=(35,), rule="replay-tells", judge=verdict(deaf, deaf, utterances())),
)
HONEST = (
    Honest(name="a replay", level="H4", judge=verdict(law, law, utterances())),
    Honest(name="a replay of one utterance", level="H4", judge=verdict(law, law, utterances(1))),
)
