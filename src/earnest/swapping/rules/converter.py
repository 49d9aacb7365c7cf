"""What a rule may ask for: the draft of a value, a weight, a size, what is known of a value that depends on no data."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from earnest.errors import CaptureError
from earnest.integer.dimension import TIME, Dimension, evaluate, evaluate_all, substitute, symbols_of
from earnest.nn.twin import Twin
from earnest.nn.twins.constant import Constant
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.slice import Slice
from earnest.swapping.graph.draft import Draft
from earnest.swapping.trace import masks
from earnest.swapping.trace.dimensions import dimension_of
from earnest.swapping.trace.flat import Flat
from earnest.swapping.trace.tables import BATCH, evaluate_free, lengths_of, table_of


class Converter:
    """What is known of an exported graph while it is walked, and the drafts that rules have made of it."""

    def __init__(self, nodes: Sequence[Flat], names: Mapping[str, str], ranges: Mapping[str, tuple[int, int]]) -> None:
        self.flat, self.names, self.ranges = nodes, names, ranges
        self.source, *tokens = (node for node in nodes if node.is_input)
        self.tokens = tokens[0] if tokens else None
        self.drafts: list[Draft] = []
        self.made: dict[Flat, Draft] = {}
        self.made_for: dict[Flat, list[Draft]] = {}
        self.became: dict[Flat, str] = {}
        self.parameters: dict[str, nn.Parameter] = {}
        self.current = self.source
        self.from_data: set[Flat] = {self.source, *tokens}
        self.runtime: set[Flat] = {self.source, *tokens}
        self.judged: dict[tuple[Flat, Any], Any] = {}
        self.padding: set[int] = set()
        self.causal_scores: set[Flat] = set()

    def unsupported(self, node: Flat, why: str) -> CaptureError:
        """The error for an operator that cannot be taken over."""
        return CaptureError(
            f"{node.path or 'the model'}: operator {node.operator} {why} ({node.source}). "
            "Write the module with operators of docs/semantics.md, or add a law, a twin and a rule for this one"
        )

    def make(
        self,
        twin: type[Twin],
        inputs: list[Draft],
        *,
        name: str = "",
        parameters: Mapping[str, Tensor] | None = None,
        **settings: Any,
    ) -> Draft:
        """Append a draft that stands for the operator at hand; a parameter that is a value has a name of its own."""
        at = self.current
        node = Draft(
            twin=twin,
            inputs=inputs,
            settings=settings,
            parameters=dict(parameters or {}),
            path=at.path,
            aten=at.operator,
            source=at.source,
            name=name,
        )
        self.drafts.append(node)
        self.made_for.setdefault(at, []).append(node)
        return node

    def dimension(self, size: int | torch.SymInt) -> Dimension:
        """A size as a dimension of the input's batch and time."""
        return dimension_of(size, self.names)

    def shape(self, node: Flat) -> tuple[Dimension, ...]:
        """The shape of a value; where no data flow in, the batch is 1 and broadcasts."""
        shape = tuple(self.dimension(size) for size in node.value.shape)
        return shape if node in self.from_data else tuple(substitute(size, {BATCH: 1}) for size in shape)

    def size(self, argument: int | Flat | None, default: Dimension) -> Dimension:
        """An integer argument as a dimension."""
        if argument is None:
            return default
        return self.dimension(argument.value) if isinstance(argument, Flat) else int(argument)

    def same_at_all_lengths(self, left: Dimension, right: Dimension) -> bool:
        """Two dimensions that agree at the ends and at lengths between."""
        symbols = sorted((symbols_of(left) | symbols_of(right)) - {BATCH})
        probes = [
            {max(low, length) for length in (low, min(low + 1, high), high, (low + high) // 2, 1 + high // 3)}
            for low, high in (self.ranges[symbol] for symbol in symbols)
        ]
        found = ({BATCH: 3, **dict(zip(symbols, lengths, strict=True))} for lengths in product(*probes))
        return all(evaluate(left, lengths) == evaluate(right, lengths) for lengths in found)

    def greatest(self, dimension: Dimension) -> int:
        """The value of a dimension for one utterance of the greatest length."""
        return evaluate(dimension, self._ends(1))

    def greatest_at_any_length(self, dimension: Dimension) -> int:
        """The greatest value of a dimension in one length, over all lengths."""
        symbol = next(iter(symbols_of(dimension)), TIME)
        shortest, longest = self.ranges[symbol]
        return int(evaluate_all(dimension, symbol, np.arange(shortest, longest + 1, dtype=np.int64)).max())

    def _ends(self, end: int) -> dict[str, int]:
        """One utterance at the shortest (0) or the longest (1) of all lengths."""
        return {BATCH: 1, **{symbol: ends[end] for symbol, ends in self.ranges.items()}}

    def operand(self, argument: Flat) -> Draft:
        """The node of a value; one that depends on no data becomes a constant, or a slice of a table."""
        if argument not in self.made:
            self.made[argument] = self._constant(argument)
        return self.made[argument]

    def parameter(self, argument: Flat) -> nn.Parameter:
        """A weight, trainable, one object for one path; folded offline where it is computed from others."""
        if argument in self.runtime:
            raise self.unsupported(self.current, "has a weight that depends on data")
        key = argument.path if argument.tensor is not None else argument.name
        if key not in self.parameters:
            if argument.tensor is None:
                self.became[argument] = "folded into a weight"
            value = self.fixed(argument)
            self.parameters[key] = nn.Parameter(value.detach().clone().to(torch.float32))
        return self.parameters[key]

    def fixed(self, argument: Flat) -> Tensor:
        """The value of what depends on no data, and must not depend on the length either."""
        short, long = (evaluate_free(argument, self._ends(end), self.names) for end in (0, 1))
        if short.shape != long.shape or not torch.equal(short, long):
            raise self.unsupported(self.current, "has a constant that depends on the length of the input")
        return long

    def uniform(self, argument: Any) -> float | bool | None:
        """The one number that fills a value that depends on no data, whatever the length; None if there is none."""
        if isinstance(argument, (int, float)):
            return argument
        found = self._judged(argument, "uniform", masks.uniform)
        return found[0] if found and all(each == found[0] for each in found) else None

    def causal(self, argument: Flat) -> bool:
        """True for the causal mask, of truth values or to be added."""
        return self._judged(argument, "causal", masks.causal) == [True]

    def _judged(self, argument: Any, what: str, judge: Callable[[masks.At, int, int], Any]) -> list[Any]:
        """What a judge says of a value for each length that it depends on, all other lengths being the longest."""
        if not isinstance(argument, Flat) or argument in self.runtime or argument.is_size:
            return []
        if (argument, what) not in self.judged:
            self.judged[argument, what] = [
                judge(
                    lambda length, symbol=symbol: evaluate_free(argument, self._ends(1) | {symbol: length}, self.names),
                    *self.ranges[symbol],
                )
                for symbol in sorted(lengths_of(argument, self.names)) or [TIME]
            ]
        return self.judged[argument, what]

    def _symbol(self, argument: Flat) -> str:
        """The one length that a table depends on."""
        symbols = sorted(lengths_of(argument, self.names))
        if len(symbols) > 1:
            raise self.unsupported(self.current, f"reads a table that depends on {' and '.join(symbols)}")
        return symbols[0] if symbols else TIME

    def distances(self, argument: Any, axes: tuple[int, int]) -> masks.Distances | None:
        """A table of the distance between two positions, if the argument is one."""
        if not isinstance(argument, Flat) or argument in self.runtime or argument.is_size:
            return None
        if (argument, axes) not in self.judged:
            symbol = self._symbol(argument)
            self.judged[argument, axes] = masks.distances(argument, axes, self.names, symbol, *self.ranges[symbol])
        return self.judged[argument, axes]

    def table(self, argument: Flat, row: Tensor, axis: int, window: tuple[Dimension, Dimension]) -> Draft:
        """The part of a table that the length at hand has."""
        self.became[argument] = "table, computed offline"
        whole = self.make(Constant, [], parameters={"value": row.to(torch.float32)})
        return self.make(Slice, [whole], axis=axis, start=window[0], stop=window[1], step=1)

    def number(self, value: float) -> Draft:
        """A number as a value."""
        return self.make(Constant, [], parameters={"value": torch.tensor([value], dtype=torch.float32)})

    def like(self, node: Flat, source: Flat) -> Draft:
        """The operand itself as the result of `node`, in the shape that `node` gives it."""
        before, after = self.shape(source), self.shape(node)
        if len(before) == len(after):
            return self.operand(source)
        return self.make(Reshape, [self.operand(source)], shape=after)

    def scalar(self, argument: Any) -> float | None:
        """A constant number, if the argument is one."""
        if isinstance(argument, (int, float)):
            return float(argument)
        free = isinstance(argument, Flat) and argument not in self.runtime and not argument.is_size
        if free and all(isinstance(size, int) for size in argument.value.shape) and argument.value.numel() == 1:
            return float(self.fixed(argument))
        return None

    def _constant(self, argument: Flat) -> Draft:
        if argument.is_size:
            raise self.unsupported(self.current, "computes with a size as if it were a value")
        if argument.tensor is not None and argument.target == "parameter":
            path, _, _ = argument.path.rpartition(".")
            node = self.make(Constant, [], parameters={"value": self.parameter(argument)}, name=argument.path)
            node.path, node.aten = path, ""
            return node
        symbol = self._symbol(argument)
        table = table_of(argument, self.names, symbol, *self.ranges[symbol])
        path = argument.path.rpartition(".")[0] if argument.tensor is not None else argument.path
        self.became[argument] = "table, computed offline"
        whole = table if isinstance(table, Tensor) else table[0]
        node = self.make(Constant, [], parameters={"value": whole.to(torch.float32)})
        node.path, node.aten = path, ""
        if isinstance(table, Tensor):
            return node
        _, axis, start, stop = table
        part = self.make(Slice, [node], axis=axis, start=start, stop=stop, step=1)
        part.path, part.aten = path, ""
        return part


Rule = Callable[[Converter, Flat], Draft]
"""What becomes of an ATen operator."""
