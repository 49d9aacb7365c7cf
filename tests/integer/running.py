"""A case through the law, in NumPy or in torch, and through the oracle; each gives a shape and Python integers."""

import dataclasses
from typing import Any

import numpy as np
import torch
from tests.integer.case import Case
from tests.integer.oracle import Codes
from tests.integer.oracle_rows import ORACLES

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.operator import Operator


def codes(array: Any) -> Codes:
    """An array as Python integers."""
    return Codes(tuple(array.shape), array.reshape(-1).tolist())


def by_oracle(case: Case) -> Codes:
    """What docs/semantics.md says."""
    fields = {f.name: getattr(case.operator, f.name) for f in dataclasses.fields(case.operator)}  # type: ignore[arg-type]
    constants = {name: codes(v) if isinstance(v, np.ndarray) else v for name, v in fields.items()}
    return ORACLES[case.operator.kind](constants, *(codes(x) for x in case.inputs), case.symbols)


def by_numpy(case: Case) -> Any:
    """The law on NumPy arrays."""
    return case.operator.run(case.inputs, case.symbols, IntegerAccumulation())


def by_torch(case: Case) -> Any:
    """The law on torch tensors: int64, as torch can do little with other widths."""
    inputs = [torch.from_numpy(x.astype(np.int64)) for x in case.inputs]
    return with_tensors(case.operator).run(inputs, case.symbols, IntegerAccumulation())


def with_tensors(operator: Operator) -> Operator:
    """The same operator, its arrays torch tensors."""
    arrays = operator.constants().items()
    tensors = {name: torch.from_numpy(np.asarray(array).astype(np.int64)) for name, array in arrays}
    return dataclasses.replace(operator, **tensors)  # type: ignore[type-var]
