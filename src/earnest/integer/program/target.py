"""A target: which operators a device has, at which widths. TOML data, read by the verifier and by the judges alike."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from earnest.errors import TargetError
from earnest.integer.codes import CODE_BITS, Domain
from earnest.integer.law.operator import Operator
from earnest.integer.law.operators import OPERATORS

_RULE_KEYS = {"inputs", "weight", "output", "constants"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRule:
    """Widths that one operator may have: of each operand, of its weight, of its result."""

    inputs: tuple[tuple[int, ...], ...]
    weight: tuple[int, ...]
    output: tuple[int, ...]

    def operand(self, index: int) -> tuple[int, ...]:
        """Widths of one operand; the last entry stands for all that follow."""
        return self.inputs[min(index, len(self.inputs) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a device can do. `widths` names the widths that a recipe gets for each role unless it says otherwise."""

    name: str
    description: str
    accumulator_bits: int
    widths: Mapping[str, int]
    operators: Mapping[str, OperatorRule]

    def check(self, operator: Operator, inputs: Sequence[Domain], output: Domain, path: str) -> None:
        """Refuse an operator, or a width, that the device does not have."""
        rule = self.operators.get(operator.kind)
        if rule is None:
            raise TargetError(
                f"{path}: target {self.name} has no operator {operator.kind}; it has {sorted(self.operators)}"
            )
        for index, domain in enumerate(inputs):
            self._allow(path, operator.kind, f"operand {index}", domain.bits, rule.operand(index))
        self._allow(path, operator.kind, "the result", output.bits, rule.output)
        weight_bits = getattr(operator, "weight_bits", None)
        if weight_bits is not None:
            self._allow(path, operator.kind, "the weight", weight_bits, rule.weight)

    def weight_bits(self, kind: str) -> tuple[int, ...]:
        """Widths that weights of an operator may have; none where the device has no such operator."""
        rule = self.operators.get(kind)
        return () if rule is None else rule.weight

    def _allow(self, path: str, kind: str, what: str, bits: int, allowed: Sequence[int]) -> None:
        if bits not in allowed:
            raise TargetError(
                f"{path}: {kind}: {what} has {bits} bits; target {self.name} allows {sorted(allowed)}: "
                "change the recipe's rule for this path, or choose another target"
            )


def load_target(name: str) -> Target:
    """A target by its shipped name, or by the path of a TOML file."""
    shipped = resources.files("earnest").joinpath("targets", f"{name}.toml")
    if "/" not in name and shipped.is_file():
        return parse_target(shipped.read_text(encoding="utf-8"), name)
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TargetError(f"{name}: expected a target, TOML in UTF-8: {error}") from error
        return parse_target(text, name)
    raise TargetError(f"expected a target of {shipped_targets()} or a TOML file, got {name!r}")


def shipped_targets() -> list[str]:
    """Names of the targets that come with the package."""
    folder = resources.files("earnest").joinpath("targets")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def parse_target(text: str, source: str) -> Target:
    """A target from TOML; every key is checked."""
    try:
        data = tomllib.loads(text, parse_float=_refuse_real)
        rules = {kind: _rule(kind, table, source) for kind, table in data.pop("operators").items()}
        target = Target(operators=rules, **data)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise TargetError(
            f"{source}: expected a target (name, description, accumulator_bits, widths, operators): {error}"
        ) from error
    if type(target.accumulator_bits) is not int or target.accumulator_bits not in (16, 24, 32, 64):
        raise TargetError(f"{source}: expected an accumulator of 16, 24, 32 or 64 bits, got {target.accumulator_bits}")
    unknown = set(rules) - set(OPERATORS)
    if unknown:
        raise TargetError(f"{source}: no such operators: {sorted(unknown)}; the law has {sorted(OPERATORS)}")
    return target


def _refuse_real(text: str) -> int:
    raise TypeError(f"a target holds integers only, got {text}")


def _rule(kind: str, table: Mapping[str, Any], source: str) -> OperatorRule:
    if set(table) - _RULE_KEYS:
        raise TargetError(f"{source}: {kind}: expected keys of {sorted(_RULE_KEYS)}, got {sorted(table)}")
    rule = OperatorRule(
        inputs=tuple(tuple(widths) for widths in table.get("inputs", [])),
        weight=tuple(table.get("weight", [])),
        output=tuple(table["output"]),
    )
    if OPERATORS.get(kind) is not None and OPERATORS[kind].arity != 0 and not rule.inputs:
        raise TargetError(f"{source}: {kind}: expected widths of its operands (inputs)")
    for bits in (*rule.weight, *rule.output, *(bits for widths in rule.inputs for bits in widths)):
        if type(bits) is not int or bits not in CODE_BITS:
            raise TargetError(f"{source}: {kind}: expected widths of {CODE_BITS}, got {bits}")
    return rule
