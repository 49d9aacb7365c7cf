"""What every operator of a program is: a frozen record of integers that infers, proves and runs."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import chain
from typing import Any, ClassVar, Literal, NoReturn, TypeGuard

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import WEIGHT_CONTAINER, Domain, code_range, storage
from earnest.integer.dimension import Dimension, Symbols, evaluate, substitute, symbols_of
from earnest.integer.fixed_point import MANTISSA_BITS, MANTISSA_HIGH, MANTISSA_LOW, SHIFT_HIGH, SHIFT_LOW
from earnest.integer.law.places import Place, Reading

Array = Any

WIDE_BITS = 63
"""Width of an int64 intermediate, the sign left out: rows of norms, products of accumulator and multiplier."""


ByteRole = Literal["weights", "group_multipliers", "biases", "multipliers_and_shifts", "tables", "positions"]
"""What the bytes of an array are counted as; constants that enter as values are positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """What an integer array of an operator may hold: its width in bits, or the name of the field that says it, and its
    sign; of weight codes the name of the field that says their map. `role` is what its bytes are counted as. A `tensor`
    is large, and stored by itself.
    """

    bits: int | str
    signed: bool
    role: ByteRole
    weight_map: str | None
    tensor: bool


def constant(
    bits: int | str, *, role: ByteRole, signed: bool = True, weight_map: str | None = None, tensor: bool = False
) -> Any:
    """A field that holds an integer array of such a width."""
    width = Width(bits=bits, signed=signed, role=role, weight_map=weight_map, tensor=tensor)
    return field(metadata={"width": width})


def dimension_field() -> Any:
    """A field that holds a dimension."""
    return field(metadata={"dimensions": False})


def dimensions_field() -> Any:
    """A field that holds a dimension for each axis."""
    return field(metadata={"dimensions": True})


def choice_field(*names: str) -> Any:
    """A field that holds one of these names."""
    return field(metadata={"choice": names})


@dataclass(slots=True, kw_only=True)
class Proof:
    """The running proof of one program at one length: where we are, what is allowed, how wide the sums get.

    `widest` may be that of the proofs at other lengths as well.
    """

    symbols: Symbols
    accumulator_bits: int
    path: str = ""
    widest: dict[str, int] = field(default_factory=dict[str, int])
    extents: dict[Dimension, int] = field(default_factory=dict[Dimension, int])

    def accumulator(self, bound: int) -> int:
        """Prove that |sum| <= bound fits the accumulator, and times a multiplier int64; returns the bound."""
        self._within(bound, self.accumulator_bits - 1, "accumulator")
        self.wide((bound << MANTISSA_BITS) + (1 << (SHIFT_HIGH - 1)))
        return bound

    def wide(self, bound: int) -> int:
        """Prove that |value| <= bound fits int64; returns the bound."""
        return self._within(bound, WIDE_BITS, "intermediate")

    def extent(self, dimension: Dimension) -> int:
        """The value of a dimension at this length, worked out once: many operators have the same."""
        if dimension not in self.extents:
            self.extents[dimension] = evaluate(dimension, self.symbols)
        return self.extents[dimension]

    def require(self, condition: bool, message: str) -> None:
        """Refuse the program with the operator's path unless the condition holds."""
        if not condition:
            self.refuse(message)

    def refuse(self, message: str) -> NoReturn:
        """Refuse the program with the operator's path. Conditions of every length call it themselves: `require` would
        have them write their message where they hold, too.
        """
        raise ProgramError(f"{self.path}: {message}")

    def _within(self, bound: int, digits: int, name: str) -> int:
        if bound >= 1 << digits:
            self.refuse(
                f"the {name} can reach {bound}, which needs {bound.bit_length() + 1} bits; expected at most "
                f"{digits + 1}: use fewer bits, or a target with wider accumulators"
            )
        key = f"{self.path}:{name}"
        self.widest[key] = max(self.widest.get(key, 0), bound)
        return bound


class Operator(ABC):
    """One integer operator. Fields are Python integers, dimensions, or arrays declared by `constant`.

    What is proved of it has two parts: `check` looks at the constants, once, and `propagate` at the operands, once for
    each length.
    """

    kind: ClassVar[str]
    arity: ClassVar[int | None] = 1
    row_local: ClassVar[bool] = False
    """Whether a row of the result is made of that row of the operands alone, be rows tokens or frames."""
    remembers: ClassVar[bool] = False
    """Whether rows of the last operand are needed for later rows of the result as well."""
    carries: ClassVar[bool] = False
    """Whether each row of the result is made from the one before: a recurrence."""
    takes_empty: ClassVar[bool] = False
    """Whether an operand may be without elements."""

    def infer(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The domain of the result, or a ProgramError: shapes, constants and every intermediate width are checked."""
        self.check(proof)
        return self.propagate(inputs, proof)

    def check(self, proof: Proof) -> None:
        """Refuse constants that are wrong whatever the operands and their length."""
        del proof

    @abstractmethod
    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The domain of the result at one length, or a ProgramError; the constants have passed `check`."""

    @abstractmethod
    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """The law: codes in, int64 codes out."""

    def place(self, reading: Reading) -> Place:
        """Where the rows are in the result; ProgramError where one may depend on later rows of the operands."""
        raise reading.refuse("reads more than one token")

    def extents(self) -> tuple[Dimension, ...]:
        """Extents of the result that this operator states itself."""
        return ()

    def dimensions(self) -> tuple[Dimension, ...]:
        """All dimensions that this operator has."""
        return tuple(chain.from_iterable(self.dimensions_by_field().values()))

    def depends_on(self, symbol: str) -> bool:
        """Whether any of its dimensions depends on this length."""
        return any(symbol in symbols_of(dimension) for dimension in self.dimensions())

    def dimensions_by_field(self) -> dict[str, tuple[Dimension, ...]]:
        """The dimensions of each field that holds some."""
        fields = dimensioned(type(self)).items()
        return {name: getattr(self, name) if several else (getattr(self, name),) for name, several in fields}

    def substituted(self, symbols: Symbols) -> "Operator":
        """The same operator where some lengths are known."""
        changed = {}
        for name, found in self.dimensions_by_field().items():
            known = tuple(substitute(each, symbols) for each in found)
            if known != found:
                changed[name] = known if dimensioned(type(self))[name] else known[0]
        return replace(self, **changed) if changed else self  # type: ignore[type-var]

    def for_engine(self) -> "Operator":
        """The operator in the form in which it is run fast: the same codes, from constants that are made beforehand."""
        return self

    def constants(self) -> dict[str, Any]:
        """The arrays of this operator by field name."""
        return {name: getattr(self, name) for name in declared(type(self))}

    def constant_width(self, name: str) -> tuple[Any, bool]:
        """Declared width and sign of an array; a width that a field holds may be anything until it is checked."""
        width = declared(type(self))[name]
        return (getattr(self, width.bits) if isinstance(width.bits, str) else width.bits), width.signed

    def container(self, name: str) -> np.dtype:
        """The smallest NumPy type of an array's declared width; that of weight codes is int8."""
        if declared(type(self))[name].weight_map is not None:
            return WEIGHT_CONTAINER
        bits, signed = self.constant_width(name)
        return storage(bits, signed=signed)


@cache
def declared(kind: type[Operator]) -> dict[str, Width]:
    """The arrays of an operator as `constant` declares them."""
    return {each.name: each.metadata["width"] for each in fields(kind) if "width" in each.metadata}  # type: ignore[arg-type]


@cache
def dimensioned(kind: type[Operator]) -> dict[str, bool]:
    """The fields of an operator that hold dimensions, and whether one holds several."""
    return {each.name: each.metadata["dimensions"] for each in fields(kind) if "dimensions" in each.metadata}  # type: ignore[arg-type]


@cache
def choices(kind: type[Operator]) -> dict[str, tuple[str, ...]]:
    """The names that a field may hold, of those that `choice_field` declares."""
    return {each.name: each.metadata["choice"] for each in fields(kind) if "choice" in each.metadata}  # type: ignore[arg-type]


def _is_array(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray)


def check_constants(operator: Operator, proof: Proof) -> None:
    """Every array is an integer array whose values fit the declared width."""
    for name, array in operator.constants().items():
        bits, signed = operator.constant_width(name)
        proof.require(
            isinstance(bits, int) and 1 <= bits <= 64, f"{name}: expected a width of 1 to 64 bits, got {bits}"
        )
        proof.require(
            _is_array(array) and array.dtype.kind in "iu" and array.size > 0,
            f"{name}: expected a non-empty integer array, got {getattr(array, 'dtype', type(array).__name__)}",
        )
        if declared(type(operator))[name].weight_map is not None:
            continue  # its map has a range of its own
        low, high = code_range(bits, signed=signed)
        proof.require(
            low <= int(array.min()) and int(array.max()) <= high,
            f"{name}: expected values in {low} .. {high}, got {int(array.min())} .. {int(array.max())}",
        )


def check_multiplier(multiplier: Any, shift: Any, proof: Proof, *, channels: int | None = None) -> None:
    """E9, the law of multipliers: m = 0 or 2^15 <= |m| < 2^16, and 1 <= s <= 47, one pair or one per channel."""
    m, s = np.asarray(multiplier), np.asarray(shift)
    shape = () if channels is None else (channels,)
    proof.require(
        m.shape == s.shape == shape, f"expected multipliers and shifts of shape {shape}, got {m.shape}, {s.shape}"
    )
    magnitude = np.abs(m.astype(np.int64))
    legal = (magnitude == 0) | ((magnitude >= MANTISSA_LOW) & (magnitude <= MANTISSA_HIGH))
    proof.require(bool(legal.all()), f"expected multipliers 0 or {MANTISSA_LOW} .. {MANTISSA_HIGH} in magnitude")
    in_range = bool(((s >= SHIFT_LOW) & (s <= SHIFT_HIGH)).all())
    proof.require(in_range, f"expected shifts in {SHIFT_LOW} .. {SHIFT_HIGH}, got {s.min()} .. {s.max()}")


def check_output(bits: Any, signed: bool, zero_point: int, proof: Proof) -> None:
    """The result has a width of the law, and its zero point is one of its codes."""
    proof.require(isinstance(bits, int) and 1 <= bits <= 24, f"expected a result of 1 to 24 bits, got {bits}")
    low, high = code_range(bits, signed=signed)
    proof.require(low <= zero_point <= high, f"expected a zero point in {low} .. {high}, got {zero_point}")


def check_zero_point(zero_point: int, domain: Domain, proof: Proof) -> None:
    """Real 0 is always a code: the zero point of an operand lies in the operand's range."""
    low, high = code_range(domain.bits, signed=domain.signed)
    if not low <= zero_point <= high:
        proof.refuse(f"expected an operand's zero point in {low} .. {high}, got {zero_point}")
