"""What an animal of the zoo is: something dishonest with the rule that is meant to catch it, or something honest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from earnest.judge.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheat:
    """`judge` plants the cheat (files go into the folder that it is given) and has it judged.

    `patterns` are the ways to cheat in the numbering of docs/verdict.md; `rule` is the one that must catch it. `alone`:
    no other rule fails.
    """

    name: str
    patterns: tuple[int, ...]
    rule: str
    judge: Callable[[Path], Verdict]
    alone: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Honest:
    """Something in which no rule may fail, and the level that it has."""

    name: str
    level: str
    judge: Callable[[Path], Verdict]
