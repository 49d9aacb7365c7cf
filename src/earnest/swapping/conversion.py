"""From the exported graph to a draft of the captured one: each ATen operator by its rule, values that depend on no data
computed offline.
"""

from collections.abc import Mapping, Sequence

from earnest.errors import EarnestError
from earnest.integer.dimension import TIME, TOKENS
from earnest.integer.program.program import INPUT
from earnest.swapping.graph.draft import Draft, DraftGraph, Entry
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.rules.norms import written_out
from earnest.swapping.rules.table import RULES
from earnest.swapping.rules.weighted import WEIGHTED
from earnest.swapping.trace.flat import Flat, needed
from earnest.swapping.trace.root_mean_square import root_mean_squares
from earnest.swapping.trace.tables import COMPARISONS

_SILENT = (
    "aten._assert_tensor_metadata.default",
    "aten._assert_scalar.default",
    "aten.sym_constrain_range_for_size.default",
)


class Conversion(Converter):
    """Walks the flat nodes once; `RULES` holds what becomes of each operator."""

    def __init__(self, nodes: Sequence[Flat], names: Mapping[str, str], ranges: Mapping[str, tuple[int, int]]) -> None:
        super().__init__(nodes, names, ranges)
        self.norms = root_mean_squares(nodes)
        self.parts = {part for norm in self.norms.values() for part in norm.parts}

    def convert(self, result: Flat) -> DraftGraph:
        """The captured graph, every operator of it accounted for."""
        batch, _, *rest = (self.dimension(size) for size in self.source.value.shape)
        shape = (batch, TIME, *rest)
        entry = self.made[self.source] = _read(INPUT)
        self.drafts.append(entry)
        if self.tokens is not None:
            self.made[self.tokens] = _read(TOKENS)
            self.drafts.append(self.made[self.tokens])
        read = needed(self.flat, result)
        operators = [node for node in self.flat if node.tensor is None and not node.is_input]
        for node in operators:
            self._visit(node, read=node in read)
        return DraftGraph(
            drafts=self.drafts,
            result=self.operand(result),
            input=entry,
            input_shape=shape,
            ends=self.ranges[TIME],
            tokens=None if self.tokens is None else self.made[self.tokens],
            most_tokens=self.ranges.get(TOKENS, (1, 1))[1],
            padding=frozenset(self.padding),
            entries=[self._entry(node) for node in operators],
        )

    def _visit(self, node: Flat, *, read: bool) -> None:
        if node.operator in COMPARISONS and node.args[0] is self.tokens and self.tokens is not None:
            self.padding.add(int(node.args[1]))
            self.became[node] = "computed offline: no token is padding"
            return
        inputs = node.inputs()
        if any(source in self.from_data for source in inputs) and not node.is_size:
            self.from_data.add(node)
        if node.is_size:
            self.became[node] = "size"
        elif node.operator in _SILENT:
            self.became[node] = "assertion, checked at capture"
        elif not read:
            self.became[node] = "removed: nothing reads it"
        elif any(source in self.runtime for source in inputs) or node.operator in WEIGHTED:
            self.runtime.add(node)
            rule = written_out(self.norms[node]) if node in self.norms else RULES.get(node.operator)
            if node in self.parts:
                self.became[node] = "part of an RMS norm"
                return
            if rule is None:
                raise self.unsupported(node, "has no twin")
            self.current = node
            self.made[node] = self._apply(rule, node)
        else:
            self.became[node] = "computed offline: depends on no data"

    def _apply(self, rule: Rule, node: Flat) -> Draft:
        """The rule's node; whatever else goes wrong in it is a form of the operator that it was not written for."""
        try:
            return rule(self, node)
        except EarnestError:
            raise
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            raise self.unsupported(
                node, f"has a form that is not supported ({type(error).__name__}: {first})"
            ) from error

    def _entry(self, node: Flat) -> Entry:
        drafts = tuple(self.made_for.get(node, ()))
        return Entry(aten=node.operator, path=node.path, became=self.became.get(node, ""), drafts=drafts)


def _read(name: str) -> Draft:
    """What the model reads."""
    return Draft(twin=None, inputs=[], settings={}, parameters={}, path="", aten="", source="", name=name)
