"""Blocks: parts of a graph whose weights are rounded together, and which values go in and out of each.

A block is a run of calls whose paths agree up to the first number, `encoder.layers.3`; what has none is one block with
its neighbours. Values that neither input nor weights reach belong to no block: position tables are made once.
"""

import re
from dataclasses import dataclass

from earnest.nn.model import Call, TwinModel
from earnest.nn.twins.weighted import Weighted

_NUMBERED = re.compile(r"(.*?\.\d+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Calls in the order of the graph, the values of others that they read, and those that others read of theirs."""

    name: str
    calls: tuple[Call, ...]
    reads: tuple[str, ...]
    makes: tuple[str, ...]


def fixed(model: TwinModel) -> list[Call]:
    """The calls whose values depend on no input and on no weight."""
    found: dict[str, Call] = {}
    for call in model.calls:
        if all(name in found for name in call.inputs) and not isinstance(model.twin(call.name), Weighted):
            found[call.name] = call
    return list(found.values())


def blocks(model: TwinModel) -> list[Block]:
    """All blocks in the order of the graph."""
    apart = {call.name for call in fixed(model)}
    runs: list[tuple[str, list[Call]]] = []
    for call in model.calls:
        if call.name in apart:
            continue
        numbered = _NUMBERED.match(call.name)
        name = numbered.group(1) if numbered else ""
        if not runs or runs[-1][0] != name:
            runs.append((name, []))
        runs[-1][1].append(call)
    return [_block(model, name, calls) for name, calls in runs]


def _block(model: TwinModel, name: str, calls: list[Call]) -> Block:
    made = {call.name for call in calls}
    reads = dict.fromkeys(name for call in calls for name in call.inputs if name not in made)
    others = {name for call in model.calls if call.name not in made for name in call.inputs} | {model.result}
    makes = tuple(call.name for call in calls if call.name in others)
    return Block(name=name or calls[0].name, calls=tuple(calls), reads=tuple(reads), makes=makes)
