"""A twin's forward is the law: the same codes as the integer operator in NumPy with int64 sums, code for code."""

import numpy as np
import pytest
import torch
from tests.nn.every_twin import TWINS, every_twin
from tests.nn.specimen import PATTERNS, Specimen, carriers
from tests.nn.specimens import SPECIMENS

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.codes import Domain, storage
from earnest.integer.law.operator import Proof, check_constants
from earnest.integer.law.operators import OPERATORS

EVERY = pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=SPECIMENS.keys())


def by_law(specimen: Specimen, inputs: list[torch.Tensor]) -> np.ndarray:
    """The operator in NumPy."""
    containers = [storage(source.bits, signed=source.signed) for source in specimen.twin.operands]
    codes = [x.detach().numpy().astype(container) for x, container in zip(inputs, containers, strict=True)]
    return specimen.twin.law().run(codes, specimen.symbols, IntegerAccumulation())


def test_every_kind_of_the_law_has_a_twin_and_every_twin_a_specimen() -> None:
    assert set(TWINS) == set(OPERATORS)
    assert len(every_twin()) == len(TWINS), "one twin for each kind"
    assert all(OPERATORS[kind] is twin.law_class for kind, twin in TWINS.items())
    assert {specimen.twin.kind for specimen in SPECIMENS.values()} == set(TWINS)


@EVERY
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_codes_of_a_twin_are_those_of_its_law(specimen: Specimen, pattern: str) -> None:
    inputs = carriers(specimen, pattern)
    expected = by_law(specimen, inputs)
    with torch.no_grad():
        got = specimen.twin(*inputs, symbols=specimen.symbols)
    assert got.dtype == torch.float32
    assert got.shape == expected.shape
    assert (got.numpy() == expected).all()
    low, high = specimen.twin.output.codes
    assert low <= got.min() <= got.max() <= high


@EVERY
def test_training_and_evaluation_give_the_same_codes(specimen: Specimen) -> None:
    inputs = carriers(specimen, "random")
    specimen.twin.train()
    trained = specimen.twin(*[x.requires_grad_() for x in inputs], symbols=specimen.symbols)
    specimen.twin.eval()
    with torch.inference_mode():
        assert torch.equal(specimen.twin(*inputs, symbols=specimen.symbols), trained)


@EVERY
def test_the_law_of_a_twin_is_provable_and_its_constants_fit(specimen: Specimen) -> None:
    """The verifier's own view of the operator that a twin builds."""
    operator, output = specimen.twin.law(), specimen.twin.output
    proof = Proof(symbols=specimen.symbols, accumulator_bits=32)
    check_constants(operator, proof)
    pairs = zip(specimen.twin.operands, specimen.shapes, strict=True)
    domains = [Domain.full(source.bits, signed=source.signed, shape=shape) for source, shape in pairs]
    domain = operator.infer(domains, proof)
    assert domain.shape == by_law(specimen, carriers(specimen, "random")).shape
    assert (domain.bits, domain.signed) == (output.bits, output.signed)


@EVERY
def test_random_codes_give_many_results(specimen: Specimen) -> None:
    """Else the comparison above would compare little."""
    codes = by_law(specimen, carriers(specimen, "random"))
    assert len(np.unique(codes)) >= (2 if specimen.twin.output.bits == 2 else 3)


def test_values_are_real_numbers_on_the_grid() -> None:
    """edge.real is what the codes stand for; of numerators, the share of their row."""
    for specimen in SPECIMENS.values():
        output = specimen.twin.output
        codes = torch.from_numpy(by_law(specimen, carriers(specimen, "random")).astype(np.float32))
        real = output.real(codes)
        if specimen.twin.kind == "exponential":
            expected = codes.double() / codes.double().sum(-1, keepdim=True)
        else:
            expected = (codes.double() - output.grid.zero_point) * output.grid.scale
        assert ((real - expected).abs() <= expected.abs() * 2**-22).all(), specimen.name
