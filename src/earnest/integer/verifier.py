"""The verifier: every operator legal for the target, every shape and width consistent, every sum proved not to
overflow.

The proof is interval arithmetic over the real constants, at the shortest and the longest input and at lengths
between: sums grow with the length, so the longest decides the widths; the others decide that shapes fit at every
remainder of a stride. What constants alone decide is the same at every length, and is looked at once, before them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.codes import CODE_BITS, Domain
from earnest.integer.dimension import Dimension, evaluate_all
from earnest.integer.layout import Reshape, Slice
from earnest.integer.operator import Proof, check_constants
from earnest.integer.program import INPUT, TIME, Program
from earnest.integer.target import Target

_LONGEST_INPUT = 1 << 20
_LENGTHS_AT_EACH_END = 16
_MOST_ELEMENTS = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What was proved: the domain of every value at the longest input, and the largest magnitude of every sum."""

    domains: Mapping[str, Domain]
    widest: Mapping[str, int]

    @property
    def accumulator_bits(self) -> int:
        """Bits that the widest accumulator of the program needs, its sign included."""
        sums = [bound for name, bound in self.widest.items() if name.endswith(":accumulator")]
        return max(sums, default=0).bit_length() + 1


def verify(program: Program, target: Target) -> Certificate:
    """Prove the program for the target, or raise ProgramError or TargetError with the operator's path."""
    if program.target != target.name:
        raise ProgramError(
            f"the program is made for target {program.target!r}; it was to be verified for {target.name!r}"
        )
    _check_structure(program)
    widest = _check_constants(program, target)
    shortest, longest = program.input.shortest, program.input.longest
    few = min(_LENGTHS_AT_EACH_END, longest - shortest + 1)
    lengths = {*range(shortest, shortest + few), *range(longest - few + 1, longest + 1)}
    checked: set[tuple[int, ...]] = set()
    domains: dict[str, Domain] = {}
    for time in sorted(lengths):
        proof = Proof(symbols={TIME: time}, accumulator_bits=target.accumulator_bits, widest=widest)
        domains = _propagate(program, proof)
        widths = tuple([domain.bits for domain in domains.values()])
        if widths not in checked:
            _check_target(program, target, domains)
            checked.add(widths)
    _check_growth(program)
    return Certificate(domains=domains, widest=widest)


def _check_structure(program: Program) -> None:
    spec = program.input
    if spec.bits not in CODE_BITS:
        raise ProgramError(f"expected an input of {CODE_BITS} bits, got {spec.bits}")
    if spec.shape.count(TIME) != 1:
        raise ProgramError(f"expected an input with one axis {TIME!r}, got {spec.shape}")
    if not 1 <= spec.shortest <= spec.longest <= _LONGEST_INPUT:
        raise ProgramError(f"expected 1 <= shortest <= longest <= 2^20, got {spec.shortest}, {spec.longest}")
    known = {INPUT}
    for step in program.steps:
        missing = [name for name in step.inputs if name not in known]
        if missing:
            raise ProgramError(f"{step.name}: reads {missing}, which no earlier operator makes")
        if step.name in known:
            raise ProgramError(f"{step.name}: made twice")
        arity = step.operator.arity
        if (arity is None and not step.inputs) or (arity is not None and len(step.inputs) != arity):
            raise ProgramError(
                f"{step.name}: {step.operator.kind} takes {arity or 'at least 1'} values, got {step.inputs}"
            )
        known.add(step.name)
    if program.output not in known - {INPUT}:
        raise ProgramError(f"expected an output that an operator makes, got {program.output!r}")


def _check_growth(program: Program) -> None:
    """No extent shrinks as the input grows, so that what is proved at the longest input holds at every shorter one."""
    times = np.arange(program.input.shortest, program.input.longest + 1, dtype=np.int64)
    known: dict[Dimension, bool] = {}
    for step in program.steps:
        operator = step.operator
        extents: tuple[Dimension, ...] = ()
        if isinstance(operator, Reshape):
            extents = operator.shape
        elif isinstance(operator, Slice):
            extents = (("+", operator.stop, ("*", -1, operator.start)),)
        for extent in extents:
            if extent not in known:
                values = evaluate_all(extent, TIME, times)
                known[extent] = bool((values[1:] >= values[:-1]).all())
            if not known[extent]:
                raise ProgramError(f"{step.name}: {operator.kind}: expected an extent that never shrinks as time grows")


def _check_constants(program: Program, target: Target) -> dict[str, int]:
    """Every operator's constants, which are the same at every length; the largest magnitudes that they alone make."""
    proof = Proof(symbols={TIME: program.input.shortest}, accumulator_bits=target.accumulator_bits)
    for step in program.steps:
        proof.path = step.name
        check_constants(step.operator, proof)
        step.operator.check(proof)
    return proof.widest


def _propagate(program: Program, proof: Proof) -> dict[str, Domain]:
    """The domain of every value at the length of the proof."""
    domains = {INPUT: program.input.domain(proof.symbols[TIME])}
    if min(domains[INPUT].shape) < 1:
        raise ProgramError(f"expected an input of 1 or more on each axis, got {domains[INPUT].shape}")
    for step in program.steps:
        proof.path = step.name
        domain = step.operator.propagate([domains[name] for name in step.inputs], proof)
        if prod(domain.shape) >= _MOST_ELEMENTS:
            proof.refuse(f"a value of shape {domain.shape}; expected fewer than 2^31 elements")
        domains[step.name] = domain
    return domains


def _check_target(program: Program, target: Target, domains: Mapping[str, Domain]) -> None:
    for step in program.steps:
        target.check(step.operator, [domains[name] for name in step.inputs], domains[step.name], step.name)
