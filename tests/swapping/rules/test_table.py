"""The table of all rules: each operator exists in torch, and no two files have a rule for the same one."""

import pytest
import torch

from earnest.swapping.rules.arithmetic import ARITHMETIC_RULES
from earnest.swapping.rules.attention import ATTENTION_RULES
from earnest.swapping.rules.functions import FUNCTION_RULES
from earnest.swapping.rules.layout import LAYOUT_RULES
from earnest.swapping.rules.norms import NORM_RULES
from earnest.swapping.rules.recurrences import RECURRENT_RULES
from earnest.swapping.rules.reductions import REDUCTION_RULES
from earnest.swapping.rules.removed import REMOVED_RULES
from earnest.swapping.rules.table import RULES
from earnest.swapping.rules.weighted import WEIGHTED_RULES

FILES = (
    ARITHMETIC_RULES,
    ATTENTION_RULES,
    FUNCTION_RULES,
    LAYOUT_RULES,
    NORM_RULES,
    RECURRENT_RULES,
    REDUCTION_RULES,
    REMOVED_RULES,
    WEIGHTED_RULES,
)


@pytest.mark.parametrize("name", [name for name in RULES if name.startswith("aten.")])
def test_an_operator_exists_in_torch(name: str) -> None:
    _, operator, overload = name.split(".")
    assert overload in getattr(torch.ops.aten, operator).overloads()


def test_every_rule_of_a_file_is_in_the_table_and_none_stands_twice() -> None:
    names = [name for rules in FILES for name in rules]
    assert len(names) == len(set(names))
    assert all(RULES[name] is rules[name] for rules in FILES for name in rules)


def test_the_others_are_those_that_overwrite() -> None:
    others = set(RULES) - {name for rules in FILES for name in rules}
    assert {"aten.relu_.default", "aten.add_.Tensor"} <= others
    assert all(name.split(".")[1].endswith("_") for name in others)
