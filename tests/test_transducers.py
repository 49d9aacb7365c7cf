"""Parakeet's transducers in integers: their tokens are those of the twins, chosen one by one or of the whole, on both
backends; and the float model's are those of `generate`.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from earnest.integer.program.program import Program
from earnest.models.recognition.transducer import FloatTransducer
from earnest.nn.comparison import program_inputs
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.runtime.decoding.transducer import Transducer
from earnest.runtime.decoding.transduction import Lattice, Transduction, transduced, transduced_logits
from earnest.runtime.reference import ReferenceBackend
from earnest.zoo.coverage import MEASURED, decoding_of_family, quantized_family
from earnest.zoo.families import FAMILIES
from earnest.zoo.family import Family

pytest.importorskip("transformers")

TRANSDUCERS = [name for name, family in FAMILIES.items() if family.recognition is FloatTransducer]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A family, its twins, their program, and how its tokens are chosen."""

    family: Family
    twin: TwinModel
    program: Program
    rules: Transduction


@pytest.fixture(scope="module", params=TRANSDUCERS)
def made(request: pytest.FixtureRequest) -> Made:
    """Each of them once."""
    family = FAMILIES[request.param]
    twin = quantized_family(family, family.module(), "w8a8", "int8x16")
    rules = decoding_of_family(family, twin)
    assert isinstance(rules, Transduction)
    return Made(family=family, twin=twin, program=lower(twin, {}), rules=rules)


def test_tokens_are_those_of_the_twins(made: Made):
    """The twins make all logits anew for the tokens so far, whenever one is chosen."""
    backends = [Transducer(made.program), Transducer(made.program, lambda p: ReferenceBackend(p, exact=True))]
    found = set()
    for features, tokens in made.family.inputs(MEASURED, 1):
        codes = program_inputs(made.twin, (features, tokens))[0]
        rows = [transduced_logits(each.encode(codes), made.rules) for each in backends]
        assert np.array_equal(*rows)
        chosen = transduced(rows[0], made.rules)
        assert chosen.tokens == tokens_of_twins(made, features)
        with torch.no_grad():
            whole = made.twin.codes((features, torch.tensor([made.rules.read(chosen.tokens)]))).numpy()[0]
        assert np.array_equal(transduced_logits(Lattice(logits=whole), made.rules), rows[0])
        found.update(chosen.tokens)
    assert len(found) > 5


def tokens_of_twins(made: Made, features: torch.Tensor) -> tuple[int, ...]:
    """One token at a time, from the logits of the whole: the way through the frames is gone again from the start."""
    rules, tokens = made.rules, list[int]()
    while True:
        with torch.no_grad():
            logits = made.twin.codes((features, torch.tensor([[rules.start, *tokens]]))).numpy()[0]
        known = replace(rules, most_tokens=len(tokens) + 2)
        found = transduced(transduced_logits(Lattice(logits=logits), known), known).tokens
        if len(found) == len(tokens) or len(found) + 1 == rules.most_tokens:
            return found
        tokens = [*found]
