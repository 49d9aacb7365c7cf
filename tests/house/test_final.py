"""A class is abstract or final: nothing is made out of an operator, a twin, a front end or a way of decoding."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import final

import pytest
from tests.nn.every_twin import every_twin

from earnest.integer.law.operators import OPERATORS
from earnest.runtime.decoding.catalogue import DECODINGS
from earnest.runtime.front_ends.catalogue import FRONT_ENDS

KINDS: dict[str, Iterable[type]] = {
    "operators": OPERATORS.values(),
    "twins": every_twin(),
    "front ends": FRONT_ENDS.values(),
    "ways of decoding": DECODINGS.values(),
}


class Base(ABC):
    """What a planted class is made out of."""

    @abstractmethod
    def run(self) -> None: ...


@final
class Closed(Base):
    def run(self) -> None: ...


class Open(Base):
    def run(self) -> None: ...


def not_final(kinds: Iterable[type]) -> list[str]:
    """The concrete classes that do not say themselves that they are final: a subclass inherits the mark."""
    return [kind.__qualname__ for kind in kinds if not inspect.isabstract(kind) and "__final__" not in vars(kind)]


def reopened(kinds: Iterable[type]) -> list[str]:
    """The classes of earnest that are made out of a final one;."""
    below = [(kind, each) for kind in kinds for each in kind.__subclasses__() if each.__module__.startswith("earnest.")]
    return [each.__qualname__ for kind, each in below if "__final__" in vars(kind)]


@pytest.mark.parametrize("name", KINDS)
def test_every_concrete_class_is_final(name: str) -> None:
    kinds = list(KINDS[name])
    assert kinds
    assert not_final(kinds) == []
    assert reopened(kinds) == []


def test_a_class_that_is_not_final_is_found() -> None:
    assert not_final([Base, Closed, Open]) == ["Open"]


def test_what_is_made_out_of_a_final_class_is_found() -> None:
    below = type("Below", (Closed,), {"__module__": "earnest.planted"})
    assert not_final([below]) == ["Below"]
    assert reopened([Closed]) == ["Below"]
