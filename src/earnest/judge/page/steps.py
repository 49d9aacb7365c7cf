"""The steps of a program as they stand in the figures of a verdict, by the modules that they belong to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from earnest.judge.wording import label, line, printable, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operator. `sources` are the places of the steps that it reads, -1 for the input of the program.

    `rest` is everything else that is known of it, by its name in the figures.
    """

    name: str
    kind: str
    bits: int
    weight_bits: int | None
    sources: tuple[int, ...]
    group: str
    rest: Mapping[str, Any]

    @property
    def seen(self) -> int:
        """The width that colours it: that of its weights where it has any, else that of its result."""
        return self.bits if self.weight_bits is None else self.weight_bits

    @property
    def local(self) -> str:
        """Its name inside its group."""
        return self.name.removeprefix(self.group + ".")

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What a person may want to know of it, as (label, text)."""
        known = {"bits": self.bits, "weight_bits": self.weight_bits, **self.rest}
        return [(label(key), line(value)) for key, value in known.items() if value is not None]

    @property
    def title(self) -> str:
        """All of it as text of several lines."""
        lines = [printable(self.name), printable(self.kind), *(f"{key}: {value}" for key, value in self.facts)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The steps of one module, by their places in the program."""

    name: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """Groups one after the other that differ in nothing but the index in their names."""

    groups: tuple[Group, ...]

    @property
    def title(self) -> str:
        """`encoder.layers.0`, or `encoder.layers.0 to 14`."""
        first, last = self.groups[0].name, self.groups[-1].name
        return printable(first) if first == last else f"{printable(first)} to {shown(last.rpartition('.')[2])}"


def read_steps(listed: Any) -> tuple[Step, ...] | None:
    """The steps of a section's figures; None where they are not a list of operators with names and widths."""
    if not isinstance(listed, list | tuple) or not listed or not all(_is_step(step) for step in listed):
        return None
    places: dict[str, int] = {}
    steps = []
    for place, step in enumerate(listed):
        steps.append(
            Step(
                name=step["name"],
                kind=step["kind"],
                bits=step["bits"],
                weight_bits=step.get("weight_bits"),
                sources=tuple(places.get(name, -1) for name in step["inputs"]),
                group=group_of(step["name"]),
                rest={key: step[key] for key in step if key not in ("name", "kind", "bits", "weight_bits")},
            )
        )
        places[step["name"]] = place
    return tuple(steps)


def group_of(name: str) -> str:
    """The module that a step is drawn with: up to the first index that is not the name's end, else two parts deep."""
    parts = name.split(".")
    for place, part in enumerate(parts[:-1]):
        if part.isdecimal():
            return ".".join(parts[: place + 1])
    outer = parts[:-2] if parts[-1].isdecimal() else parts[:-1]
    return ".".join(outer[:2]) or parts[0].partition("[")[0]


def repetitions_of(steps: tuple[Step, ...]) -> list[Repetition]:
    """Every group in the order in which values flow, equal neighbours of one stem together."""
    places: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        places.setdefault(step.group, []).append(place)
    groups = [Group(name=name, places=tuple(places[name])) for name in _ordered(steps, list(places))]
    keyed = groupby(groups, key=lambda group: (_stem(group.name), _signature(steps, group)))
    return [Repetition(groups=tuple(equal)) for _, equal in keyed]


def _ordered(steps: tuple[Step, ...], names: list[str]) -> list[str]:
    """Names of the groups, those of one stem together, behind the stems that they read where that is possible."""
    stems = {name: _stem(name) for name in names}
    reads: dict[str, set[str]] = {stem: set() for stem in stems.values()}
    for step in steps:
        own = stems[step.group]
        reads[own] |= {stems[steps[source].group] for source in step.sources if source >= 0} - {own}
    ordered: list[str] = []
    while reads:
        ready = next((stem for stem in reads if not reads[stem] & reads.keys()), next(iter(reads)))
        del reads[ready]
        ordered += [name for name in names if stems[name] == ready]
    return ordered


def _stem(name: str) -> str:
    return re.sub(r"\.\d+$", ".#", name)


def _signature(steps: tuple[Step, ...], group: Group) -> tuple[Any, ...]:
    """What must be equal in two groups that are drawn once; an accumulator's bound may differ with the weights."""
    known = {place: number for number, place in enumerate(group.places)}
    for place in group.places:
        for source in steps[place].sources:
            known.setdefault(source, len(known))
    return tuple(
        (
            steps[place].local,
            steps[place].kind,
            steps[place].bits,
            steps[place].weight_bits,
            str(steps[place].rest.get("shape")),
            str(steps[place].rest.get("input_bits")),
            tuple(known[source] for source in steps[place].sources),
        )
        for place in group.places
    )


def _is_step(step: Any) -> bool:
    return (
        isinstance(step, Mapping)
        and isinstance(step.get("name"), str)
        and isinstance(step.get("kind"), str)
        and isinstance(step.get("inputs"), list | tuple)
        and all(isinstance(name, str) for name in step["inputs"])
        and type(step.get("bits")) is int
        and type(step.get("weight_bits")) in (int, type(None))
    )
