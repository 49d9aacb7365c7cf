"""The verifier: every operator legal for the target, every shape and width consistent, every sum proved not to
overflow.

The proof is interval arithmetic over the real constants, at the shortest and the longest input and at lengths
between: sums grow with the length, so the longest decides the widths; the others decide that shapes fit at every
remainder of a stride. What constants alone decide is the same at every length, and is looked at once, before them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.codes import CODE_BITS, Domain, code_range
from earnest.integer.dimension import Dimension, evaluate_all, symbols_of
from earnest.integer.law.operator import Proof, check_constants
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target

_LONGEST_INPUT = 1 << 20
_LENGTHS_AT_EACH_END = 16
_MOST_ELEMENTS = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowProof:
    """What was proved: the domain of every value at the longest inputs, and the largest magnitude of every sum."""

    domains: Mapping[str, Domain]
    widest: Mapping[str, int]

    @property
    def accumulator_bits(self) -> int:
        """Bits that the widest accumulator of the program needs, its sign included."""
        sums = [bound for name, bound in self.widest.items() if name.endswith(":accumulator")]
        return max(sums, default=0).bit_length() + 1


def verify(program: Program, target: Target) -> OverflowProof:
    """Prove the program for the target, or raise ProgramError or TargetError with the operator's path."""
    if program.target != target.name:
        raise ProgramError(
            f"the program is made for target {program.target!r}; it was to be verified for {target.name!r}"
        )
    _check_structure(program)
    widest = _check_constants(program, target)
    checked: set[tuple[int, ...]] = set()
    domains: dict[str, Domain] = {}
    for symbols in lengths(program.ranges):
        proof = Proof(symbols=symbols, accumulator_bits=target.accumulator_bits, widest=widest)
        domains = propagate(program, proof)
        widths = tuple([domain.bits for domain in domains.values()])
        if widths not in checked:
            _check_target(program, target, domains)
            checked.add(widths)
    _check_growth(program)
    return OverflowProof(domains=domains, widest=widest)


def lengths(ranges: Mapping[str, tuple[int, int]]) -> Iterator[dict[str, int]]:
    """Lengths near both ends of each symbol's range, the others at either end of theirs; the longest of all last."""
    found: set[tuple[int, ...]] = set()
    for symbol, (shortest, longest) in ranges.items():
        few = min(_LENGTHS_AT_EACH_END, longest - shortest + 1)
        near = {*range(shortest, shortest + few), *range(longest - few + 1, longest + 1)}
        found.update(product(*(sorted(near) if other == symbol else ends for other, ends in ranges.items())))
    yield from (dict(zip(ranges, each, strict=True)) for each in sorted(found))


def _check_inputs(program: Program) -> None:
    if not program.inputs:
        raise ProgramError("expected a program that reads something, got no inputs")
    ranges: dict[str, tuple[int, int]] = {}
    others = {name for step in program.steps if not step.operator.takes_empty for name in step.inputs}
    for spec in program.inputs:
        low, high = code_range(spec.bits, signed=spec.signed) if spec.bits in CODE_BITS else (0, -1)
        if not low <= spec.low <= spec.high <= high:
            raise ProgramError(
                f"{spec.name}: expected an input of {CODE_BITS} bits and codes of its width, "
                f"got {spec.bits} bits, {spec.low} .. {spec.high}"
            )
        if sum(isinstance(extent, str) for extent in spec.shape) != 1:
            raise ProgramError(f"{spec.name}: expected an input with one axis of free length, got {spec.shape}")
        least = 1 if spec.name in others else 0  # what is only put behind other codes may be empty
        if not least <= spec.shortest <= spec.longest <= _LONGEST_INPUT or spec.longest < 1:
            raise ProgramError(
                f"{spec.name}: expected {least} <= shortest <= longest <= 2^20, got {spec.shortest}, {spec.longest}"
            )
        known = ranges.setdefault(spec.symbol, (spec.shortest, spec.longest))
        if known != (spec.shortest, spec.longest):
            raise ProgramError(f"{spec.name}: expected the lengths {known} of {spec.symbol}, as of another input")


def _check_structure(program: Program) -> None:
    _check_inputs(program)
    known: set[str] = set()
    for spec in program.inputs:
        if spec.name in known:
            raise ProgramError(f"{spec.name}: read twice")
        known.add(spec.name)
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
    made = {step.name for step in program.steps}
    for name in program.outputs:
        if name not in made:
            raise ProgramError(f"expected an output that an operator makes, got {name!r}")


def _check_growth(program: Program) -> None:
    """No extent shrinks as a length grows, so that what is proved at the longest inputs holds at all shorter ones."""
    known: dict[Dimension, bool] = {}
    for step in program.steps:
        for extent in step.operator.extents():
            if extent not in known:
                known[extent] = _grows(extent, program.ranges)
            if not known[extent]:
                raise ProgramError(
                    f"{step.name}: {step.operator.kind}: expected an extent of one length at most, "
                    f"that never shrinks as {' or '.join(program.ranges)} grows"
                )


def _grows(extent: Dimension, ranges: Mapping[str, tuple[int, int]]) -> bool:
    """True for an extent that depends on one length at most, and never shrinks as it grows."""
    symbols = symbols_of(extent)
    if len(symbols) != 1:
        return not symbols
    (symbol,) = symbols
    shortest, longest = ranges[symbol]
    values = evaluate_all(extent, symbol, np.arange(shortest, longest + 1, dtype=np.int64))
    return bool((values[1:] >= values[:-1]).all())


def _check_constants(program: Program, target: Target) -> dict[str, int]:
    """Every operator's constants, which are the same at every length; the largest magnitudes that they alone make."""
    shortest = {symbol: ends[0] for symbol, ends in program.ranges.items()}
    proof = Proof(symbols=shortest, accumulator_bits=target.accumulator_bits)
    for step in program.steps:
        proof.path = step.name
        check_constants(step.operator, proof)
        step.operator.check(proof)
    return proof.widest


def propagate(program: Program, proof: Proof) -> dict[str, Domain]:
    """The domain of every value at the lengths of the proof."""
    domains = {spec.name: spec.domain(proof.symbols[spec.symbol]) for spec in program.inputs}
    for spec in program.inputs:
        fixed = [extent for axis, extent in enumerate(domains[spec.name].shape) if axis != spec.free_axis]
        if min(fixed, default=1) < 1:
            raise ProgramError(f"{spec.name}: expected an input of 1 or more on each axis, got {spec.shape}")
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
