"""The list of operators holds every one that the law defines, and those with weights."""

import inspect

from earnest.integer.law.operator import Operator
from earnest.integer.law.operators import OPERATORS, WEIGHTED


def concrete(kind: type[Operator]) -> set[type[Operator]]:
    """All operators of the law below a class that can be made."""
    found = set() if inspect.isabstract(kind) or "kind" not in vars(kind) else {kind}
    return found.union(*(concrete(each) for each in kind.__subclasses__()))


def test_every_operator_is_in_the_list_under_its_kind() -> None:
    law = {each for each in concrete(Operator) if each.__module__.startswith("earnest.integer.law.")}
    assert set(OPERATORS.values()) == law
    assert all(name == operator.kind for name, operator in OPERATORS.items())


def test_those_with_weights() -> None:
    assert WEIGHTED == ("linear", "conv1d", "conv2d", "embedding", "lstm", "gru")
