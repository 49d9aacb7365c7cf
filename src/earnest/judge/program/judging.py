"""A verdict on a program file, from the file and its target alone."""

import os
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from earnest.errors import FileError
from earnest.judge.level import Level
from earnest.judge.program import census, claims, rules
from earnest.judge.program.canonical import check_container, check_kept, file_sha256
from earnest.judge.program.container import open_container
from earnest.judge.program.device import Device, read_device
from earnest.judge.program.law import KINDS
from earnest.judge.program.lengths import Lengths, extent
from earnest.judge.program.place import Place
from earnest.judge.program.proof import prove
from earnest.judge.program.records import Source, Step, read_source
from earnest.judge.program.values import Value, code_range
from earnest.judge.verdict import Section, Subject, Verdict

NAME = "program"
ENDS, SPREAD = 16, 32
"""Lengths at which shapes are asked: the shortest, the longest, and some between."""

Shapes = dict[str, tuple[int, ...]]
At = tuple[int, ...]
"""A length of each input."""


def judge_program(path: str | os.PathLike[str], target: Path | None = None) -> Verdict:
    """Judge a file; `target` is the TOML file of a target that is not shipped.

    FileError: what cannot be read. TargetError: a target that is not known.
    """
    container = open_container(path)
    section = Section(name=NAME, rules=rules.RULES)
    check_container(section, container)
    try:
        source = read_source(container)
    except FileError as error:
        if not section.findings:
            raise FileError(f"{path}: {error}") from None
        return _unreadable(section, Path(path), str(error))
    device = read_device(source.target, target)
    check_kept(section, source)
    operators, widths = _check_operators(section, source), {}
    if operators == len(source.steps):
        widths = _check_program(section, source, device, Path(path).stem)
    else:
        for rule in (*rules.PROVED, rules.HEADLINE, rules.DECLARED):
            section.leave(rule, "some operators are not of the law")
    return Verdict(
        subject=_subject(source, Path(path)),
        float_operators=len(source.steps) - operators,
        bits_per_weight=round(container.size * 8 / sum(widths.values()), 4) if widths else None,
        sections=(section,),
    )


def _subject(source: Source, path: Path) -> Subject:
    front_end = source.description.get("front_end")
    name = front_end.get("name") if isinstance(front_end, dict) else None
    return Subject(
        kind="program",
        name=path.name,
        ceiling=Level.H4,
        reason=f"a front end in integers, from 16-bit samples; this program's ({name or 'not declared'}) is float",
        facts={"sha256": file_sha256(source.container), "file_bytes": source.container.size},
    )


def _unreadable(section: Section, path: Path, why: str) -> Verdict:
    """A file whose container already broke a rule, and that cannot be read beyond it."""
    for rule in rules.RULES:
        if section.standing(rule) == "passed":
            section.leave(rule, f"the operator list cannot be read: {why}")
    subject = Subject(kind="program", name=path.name, ceiling=Level.NONE, reason="a file that can be read")
    return Verdict(subject=subject, float_operators=None, bits_per_weight=None, sections=(section,))


def _check_operators(section: Section, source: Source) -> int:
    """How many steps are operators of the law, with the fields that it gives them."""
    return sum(_lawful(section, source, step) for step in source.steps)


def _lawful(section: Section, source: Source, step: Step) -> bool:
    kind = KINDS.get(step.kind)
    if not section.require(
        kind is not None, rules.KNOWN_OPERATORS, step.name, f"expected an operator of the law, got {step.kind[:40]!a}"
    ):
        return False
    assert kind is not None
    expected = {"fields": list(kind.fields), "tensors": list(kind.tensors), "constants": list(kind.constants)}
    names = section.require(
        source.kinds[step.kind] == expected, rules.KNOWN_OPERATORS, step.name, f"expected of {step.kind}: {expected}"
    )
    wrong = kind.wrong_fields(step)
    typed = section.require(
        not wrong, rules.KNOWN_OPERATORS, step.name, f"expected fields of the law's types and widths, got {wrong}"
    )
    wanted = "some operands" if kind.operands is None else f"{kind.operands} operands"
    counted = section.require(
        len(step.inputs) == kind.operands if kind.operands is not None else len(step.inputs) > 0,
        rules.KNOWN_OPERATORS,
        step.name,
        f"expected {wanted}, got {len(step.inputs)}",
    )
    return names and typed and counted


def _check_program(section: Section, source: Source, device: Device, stem: str) -> dict[int, int]:
    """Everything that is asked of lawful operators; the widths of the weights."""
    every = {at: _shapes(section, source, dict(zip(source.longest, at, strict=True))) for at in _lengths(source)}
    longest = tuple(source.longest.values())
    _check_growth(section, source)
    values, accumulators = _prove(section, source, device, every[longest])
    _check_flow(section, source, values)
    widths, activations = census.weight_bits(source, values), census.activation_bits(source)
    mean = census.mean_bits(source, widths)
    named = {"recipe": source.description.get("recipe"), "model": source.description.get("model"), "file": stem}
    texts = {where: text for where, text in named.items() if isinstance(text, str)}
    claims.check_names(section, texts, widths, activations, mean)
    claims.check_description(section, source.description, source.inputs, every[longest].get(source.output))
    section.figures = _figures(source, device, values, every, accumulators, widths, activations, mean)
    return widths


def _lengths(source: Source) -> list[At]:
    """Some lengths of each input, the others being at either end."""
    ends = [(spec["shortest"], spec["longest"]) for spec in source.inputs]
    found: set[At] = set()
    for place, spec in enumerate(source.inputs):
        choices: list[Any] = [*ends]
        choices[place] = _lengths_of(spec)
        found.update(product(*choices))
    return sorted(found)


def _lengths_of(spec: Mapping[str, Any]) -> list[int]:
    shortest, longest = spec["shortest"], spec["longest"]
    ends = [*range(shortest, min(shortest + ENDS, longest + 1)), *range(max(shortest, longest - ENDS + 1), longest + 1)]
    between = np.linspace(shortest, longest, SPREAD).astype(int).tolist()
    return sorted({*ends, *between, _measured(spec)})


def _measured(spec: Mapping[str, Any]) -> int:
    """The length at which products are counted."""
    return max(spec["shortest"], min(spec["longest"], census.MEASURED_FRAMES))


def _shapes(section: Section, source: Source, lengths: Lengths) -> Shapes:
    """The shapes of all values at some lengths; what comes after one that does not fit has none."""
    shapes: Shapes = {}
    for spec in source.inputs:
        try:
            found = tuple(extent(dimension, lengths) for dimension in spec["shape"])
            if min(found) < 1:
                raise ValueError(f"expected extents from 1, got {found}")
            shapes[spec["name"]] = found
        except ValueError as error:
            section.report(rules.SHAPES, spec["name"], str(error))
    for step in source.steps:
        if all(name in shapes for name in step.inputs):
            try:
                shapes[step.name] = KINDS[step.kind].result_shape(step, [shapes[name] for name in step.inputs], lengths)
            except ValueError as error:
                where = " and ".join(f"{length} {symbol}" for symbol, length in lengths.items())
                section.report(rules.SHAPES, step.name, f"at {where}: {error}")
    return shapes


def _check_growth(section: Section, source: Source) -> None:
    """No extent shrinks as an input grows: what is proved at the longest inputs holds for all."""
    for step in source.steps:
        said = KINDS[step.kind].extents
        if said is None:
            continue
        try:
            found = list(said(step, source.longest))
        except ValueError as error:
            section.report(rules.SHAPES, step.name, f"at some length: {error}")
            continue
        section.require(
            all(np.all(np.diff(values) >= 0) for values in found),
            rules.SHAPES,
            step.name,
            "expected extents that do not shrink as the input grows",
        )


def _prove(
    section: Section, source: Source, device: Device, shapes: Shapes
) -> tuple[dict[str, Value], dict[str, int | None]]:
    """What is known of every value at the longest inputs, and the width of each operator's sums."""
    values: dict[str, Value] = {}
    accumulators: dict[str, int | None] = {}
    for spec in source.inputs:
        if spec["name"] in shapes:
            values[spec["name"]] = _read(section, spec, shapes[spec["name"]], from_input=spec is source.audio_input)
    for step in source.steps:
        if step.name not in shapes or not all(name in values for name in step.inputs):
            continue
        operands = [values[name] for name in step.inputs]
        place = Place(section=section, step=step, operands=operands, shape=shapes[step.name], device=device)
        values[step.name] = prove(place)
        accumulators[step.name] = place.accumulator
    missing = [step.name for step in source.steps if step.name not in values]
    for rule in rules.PROVED if missing else ():
        if section.standing(rule) == "passed":
            section.leave(rule, f"the operands of {missing[0]} are not known")
    return values, accumulators


def _read(section: Section, spec: Mapping[str, Any], shape: tuple[int, ...], *, from_input: bool) -> Value:
    """What is known of an input: its claim, which is checked before each run."""
    bits, signed = spec["bits"], spec["signed"]
    low, high = code_range(bits, signed=signed)
    section.require(
        low <= spec["low"] <= spec["high"] <= high,
        rules.CLAIMED_WIDTHS,
        spec["name"],
        f"expected codes of {bits} bits, got {spec['low']} .. {spec['high']}",
    )
    return Value(bits=bits, signed=signed, low=spec["low"], high=spec["high"], shape=shape, from_input=from_input)


def _check_flow(section: Section, source: Source, values: Mapping[str, Value]) -> None:
    """The result depends on the audio, and every value is on the way to it."""
    output = values.get(source.output)
    if output is not None:
        section.require(
            output.from_input,
            rules.FROM_INPUT,
            source.output,
            "expected a result that depends on the input; it does not",
        )
    steps = {step.name: step for step in source.steps}
    read, waiting = set(), [source.output]
    while waiting:
        name = waiting.pop()
        if name not in read and name in steps:
            read.add(name)
            waiting.extend(steps[name].inputs)
    for step in source.steps:
        section.require(
            step.name in read,
            rules.ALL_READ,
            step.name,
            "expected a value that the result depends on; nothing reads it",
        )


def _figures(
    source: Source,
    device: Device,
    values: Mapping[str, Value],
    every: Mapping[At, Shapes],
    accumulators: Mapping[str, int | None],
    widths: dict[int, int],
    activations: int,
    mean: float,
) -> dict[str, Any]:
    frames = _measured(source.audio_input)
    measured = every[(frames, *(spec["longest"] for spec in source.inputs[1:]))]
    by_bits = census.products_by_bits(source, values, measured)
    counts = census.parameters(source)
    kinds = [step.kind for step in source.steps]
    sums = {name: bits for name, bits in accumulators.items() if bits is not None}
    widest = max(sums, key=lambda name: sums[name], default=None)
    return {
        "title": census.title(widths, activations, mean) if widths else None,
        "recipe": source.description.get("recipe"),
        "model": source.description.get("model"),
        "target": source.target,
        "inputs": [dict(spec) for spec in source.inputs],
        "operators": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "weights": sum(widths.values()),
        "weight_bits": {str(bits): count for bits, count in widths.items()},
        "mean_weight_bits": round(mean, 4),
        "effective_bits_per_weight": round(source.container.size * 8 / sum(widths.values()), 4) if widths else None,
        "parameters": counts,
        "hidden": census.hidden(widths, counts),
        "file_bytes": source.container.size,
        "bytes": census.bytes_by_part(source),
        "multiply_accumulates": {"frames": frames, "total": sum(by_bits.values()), "by_bits": by_bits},
        "accumulator": {"bits": sums.get(widest or ""), "allowed": device.accumulator_bits, "step": widest},
        "front_end": source.description.get("front_end"),
        "steps": [_row(step, values, measured, accumulators) for step in source.steps if step.name in values],
    }


def _row(
    step: Step, values: Mapping[str, Value], shapes: Shapes, accumulators: Mapping[str, int | None]
) -> dict[str, Any]:
    value = values[step.name]
    return {
        "name": step.name,
        "kind": step.kind,
        "inputs": list(step.inputs),
        "input_bits": [values[name].bits for name in step.inputs],
        "bits": value.bits,
        "signed": value.signed,
        "weight_bits": None if step.weight is None else step.weight.bits,
        "shape": list(value.shape),
        "multiply_accumulates": census.products(step, shapes),
        "accumulator_bits": accumulators.get(step.name),
    }
