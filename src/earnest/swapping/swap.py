"""Swap: a twin in the place of every operator of the captured graph, on the edges that recipe and target give it."""

import copy
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from earnest.errors import SwapError, TargetError
from earnest.integer.dimension import TOKENS
from earnest.integer.program.target import Target, load_target
from earnest.nn.edge import Edge
from earnest.nn.model import Tokens, TwinModel
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.nn.twins.add import Add
from earnest.nn.twins.concat import Concat
from earnest.nn.twins.embedding import Embedding
from earnest.nn.twins.scaled import Scaled
from earnest.nn.weight import WeightCodes
from earnest.swapping.capture import capture
from earnest.swapping.edges import Edges
from earnest.swapping.fidelity import check_faithful
from earnest.swapping.graph.graph import Account, Graph, Node
from earnest.swapping.recipe import Recipe, Settings, load_recipe
from earnest.swapping.report import SwapReport, SwapRow, bare

LONGEST_FRAMES = 6000
"""Greatest length unless told otherwise: 60 s of features, 10 ms each."""

Parameters = Mapping[Node, Mapping[str, Tensor]]
"""What each operator of a graph is trained by."""


def swap(
    model: nn.Module,
    recipe: str | Recipe,
    target: str | Target,
    *,
    features: int | None = 80,
    longest: int = LONGEST_FRAMES,
    one_length: bool = False,
    most_tokens: int | None = None,
) -> TwinModel:
    """Twins for all of a float model in evaluation mode, which itself stays as it is; total, or an error.

    The model reads [batch, time, features], or [batch, samples] where `features` is None; `longest` is the greatest
    time, and with `one_length` the only one. A decoder reads tokens [batch, tokens] after that, `most_tokens` at most.
    The report is at `.report` of the result.
    """
    twins = swaps(model, target, features=features, longest=longest, one_length=one_length, most_tokens=most_tokens)
    return twins(load_recipe(recipe) if isinstance(recipe, str) else recipe)


def swaps(
    model: nn.Module,
    target: str | Target,
    *,
    features: int | None,
    longest: int,
    one_length: bool = False,
    most_tokens: int | None = None,
) -> Callable[[Recipe], TwinModel]:
    """What `swap` does under any recipe: the model is captured once, which takes the longest, and each model of twins
    has parameters of its own.
    """
    device = load_target(target) if isinstance(target, str) else target
    graph = capture(model, features=features, longest=longest, one_length=one_length, most_tokens=most_tokens)
    faithful = False

    def twins(recipe: Recipe) -> TwinModel:
        nonlocal faithful
        twin = Swapper(graph, _copied(graph), recipe, device).swap()
        if not faithful:
            check_faithful(model, twin, features, graph.padding)
            faithful = True
        return twin

    return twins


def _copied(graph: Graph) -> Parameters:
    """Copies of all parameters: what two operators share they go on sharing. An embedding has its weight to itself,
    since methods change the head's, which may be the same.
    """
    copies: dict[int, Tensor] = {}

    def copied(node: Node, value: Tensor) -> Tensor:
        if node.is_a(Embedding):
            return copy.deepcopy(value)
        if id(value) not in copies:
            copies[id(value)] = copy.deepcopy(value)
        return copies[id(value)]

    return {node: {key: copied(node, value) for key, value in node.parameters.items()} for node in graph.nodes}


class Swapper:
    """Places twins, and inserts changes of grid where a reader needs fewer bits."""

    def __init__(self, graph: Graph, parameters: Parameters, recipe: Recipe, target: Target) -> None:
        self.graph, self.parameters, self.recipe, self.target = graph, parameters, recipe, target
        self.edges = Edges(graph, recipe, target)
        self.names: dict[Node, str] = {}
        self.placed: dict[str, Edge] = {}
        self.inserted: list[SwapRow] = []

    def swap(self) -> TwinModel:
        """The model of twins, with its report."""
        self.edges.check_used()
        graph = self.graph
        self.model = TwinModel(
            input_edge=self.edges.calibrated(graph.input, symmetric=False),
            input_shape=graph.input_shape,
            shortest=graph.shortest,
            longest=graph.longest,
            target=self.target.name,
            tokens=self._tokens(),
        )
        if graph.tokens is not None:
            self.names[graph.tokens], self.placed[TOKENS] = TOKENS, self.model.edge(TOKENS)
        self.names[graph.input], self.placed[graph.input.name] = graph.input.name, self.model.input
        for node in graph.operators:
            self._place(node)
        self.model.report = SwapReport(
            recipe=self.recipe.name,
            target=self.target.name,
            rows=tuple(row for account in graph.accounts for row in self._rows(account)),
            inserted=tuple(self.inserted),
        )
        return self.model

    def _tokens(self) -> Tokens | None:
        """What a decoder reads: rows of its embedding."""
        if self.graph.tokens is None:
            return None
        readers = self.graph.users[self.graph.tokens]
        other = next((reader for reader in readers if not reader.is_a(Embedding)), None)
        if other is not None or not readers:
            where = "the model" if other is None else other.name
            raise SwapError(f"{where}: expected tokens that embeddings read, and nothing else")
        classes = min(len(reader.parameters["weight"]) for reader in readers)
        return Tokens(classes=classes, longest=self.graph.most_tokens)

    def _place(self, node: Node) -> None:
        inputs = [self._operand(node, index) for index in range(len(node.inputs))]
        operands = [self.placed[name] for name in inputs]
        output = self.edges.output(node, operands)
        twin = self._twin(node, operands, output)
        self._check(node, twin)
        self.model.place_(node.name, twin, inputs)
        self.names[node], self.placed[node.name] = node.name, output

    def _twin(self, node: Node, operands: Sequence[Edge], output: Edge) -> Twin:
        assert node.twin is not None
        settings = self.edges.settings.get(node)
        site = Site(
            operands=operands,
            output=output,
            parameters=self.parameters[node],
            settings=node.settings,
            weights={} if settings is None else settings.weights,
            gate_bits=self.target.widths["gate"],
        )
        return node.twin.at(site)

    def _operand(self, node: Node, index: int) -> str:
        """The name of the value that an operand reads, requantized first where the target wants fewer bits."""
        name = self.names[node.inputs[index]]
        if node.is_a(Concat) and not node.moves_one:
            return self._requantized(node, index, name, self._shared_edge(node))
        bits = self.edges.narrow(node, index, self.placed[name].bits)
        if bits is None:
            return name
        symmetric = node.twin is not None and node.twin.symmetric
        edge = self.edges.inserted(_inserted_name(node, index), bits=bits, symmetric=symmetric)
        return self._requantized(node, index, name, edge)

    def _requantized(self, node: Node, index: int, name: str, edge: Edge) -> str:
        inserted = _inserted_name(node, index)
        twin = Add([self.placed[name]], edge, factors=(1.0,))
        self.model.place_(inserted, twin, [name])
        self.placed[inserted] = edge
        row = SwapRow(
            aten="",
            path=inserted,
            became=twin.kind,
            rule="inserted",
            weight="",
            inputs=f"{self.placed[name].bits}",
            output=f"{edge.bits}",
        )
        self.inserted.append(row)
        return inserted

    def _shared_edge(self, node: Node) -> Edge:
        """One grid for all operands of a concat."""
        key = f"{node.name}.shared"
        if key not in self.placed:
            bits = max(self.placed[self.names[source]].bits for source in node.inputs)
            self.placed[key] = self.edges.inserted(node.name, bits=bits, symmetric=bits > 8)
        return self.placed[key]

    def _check(self, node: Node, twin: Twin) -> None:
        """Widths against the target, before any constant is built."""
        if isinstance(twin, Scaled):
            return
        rule = self.edges.required(node, twin.kind)
        widths: list[tuple[str, int, Sequence[int]]] = [("the result", twin.output.bits, rule.output)]
        widths += [(f"operand {i}", edge.bits, rule.operand(i)) for i, edge in enumerate(twin.operands)]
        if isinstance(twin, WeightCodes):
            widths.append(("the weight", twin.weight_bits, rule.weight))
        for what, bits, allowed in widths:
            if bits not in allowed:
                raise TargetError(
                    f"{node.name}: {twin.kind}: {what} has {bits} bits; "
                    f"target {self.target.name} allows {sorted(allowed)}: "
                    "change the recipe's rule for this path, or choose another target"
                )

    def _rows(self, account: Account) -> list[SwapRow]:
        """One row for each operator that came of an ATen operator, or one that says why there is none."""
        if account.became:
            return [bare(account.aten, account.path, account.became)]
        rows = [self._row(node) for node in account.nodes]
        if account.part_of:
            return [*rows, bare(account.aten, account.path, f"part of {account.part_of}")]
        return rows or [bare(account.aten, account.path, "unused")]

    def _row(self, node: Node) -> SwapRow:
        twin, settings = self.model.twin(node.name), self.edges.settings.get(node)
        return SwapRow(
            aten=node.aten,
            path=node.name,
            became=twin.kind,
            rule=_rule(self.recipe, settings),
            inputs=" ".join(str(edge.bits) for edge in twin.operands),
            weight=str(twin.weight_bits) if isinstance(twin, WeightCodes) else "",
            output=str(twin.output.bits),
        )


def _inserted_name(node: Node, index: int) -> str:
    return f"{node.name}.requantize[{index}]"


def _rule(recipe: Recipe, settings: Settings | None) -> str:
    """The rule that decided, as a report has it."""
    return "" if settings is None or not settings.rule else f"{recipe.name}:{settings.rule}"
