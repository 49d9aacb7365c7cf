"""Swap: a twin in the place of every operator of the captured graph, on the edges that recipe and target give it."""

import copy
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from earnest.errors import SwapError, TargetError
from earnest.integer.dimension import TOKENS
from earnest.integer.target import OperatorRule, Target, load_target
from earnest.nn.add import Add
from earnest.nn.edge import CalibratedEdge, Edge, ProductEdge, ScaledEdge
from earnest.nn.layout import Scaled
from earnest.nn.model import Tokens, TwinModel
from earnest.nn.recurrence import arguments
from earnest.nn.softmax import NumeratorEdge, probabilities
from earnest.nn.twin import Twin
from earnest.swapping.assembly import assemble
from earnest.swapping.capture import capture
from earnest.swapping.fidelity import check_faithful
from earnest.swapping.graph import LAYOUT, Account, Graph, Node, entries
from earnest.swapping.recipe import Recipe, Role, load_recipe
from earnest.swapping.recurrent_rules import RECURRENCES
from earnest.swapping.report import Row, SwapReport, bare
from earnest.swapping.roles import RESULT, function_reading, readers, role_of, source_of, symmetric

LONGEST_FRAMES = 6000
"""Greatest length unless told otherwise: 60 s of features, 10 ms each."""

WEIGHTED = ("linear", "conv1d", "conv2d", "embedding", *RECURRENCES)


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
    captured = {node: node.parameters for node in graph.nodes}
    faithful = False

    def twins(recipe: Recipe) -> TwinModel:
        nonlocal faithful
        copies: dict[int, Tensor] = {}  # of each tensor one: what two operators share they go on sharing
        for node, parameters in captured.items():
            node.parameters = {
                key: copies.setdefault(id(value), copy.deepcopy(value)) for key, value in parameters.items()
            }
        twin = Swapper(graph, recipe, device).swap()
        if not faithful:
            check_faithful(model, twin, features, graph.padding)
            faithful = True
        return twin

    return twins


class Swapper:
    """Chooses edges, inserts changes of grid where a reader needs fewer bits, and places twins."""

    def __init__(self, graph: Graph, recipe: Recipe, target: Target) -> None:
        self.graph, self.recipe, self.target = graph, recipe, target
        chosen = [node for node in graph.nodes if node.kind not in LAYOUT and node is not graph.tokens]
        self.roles: dict[Node, Role] = {node: role_of(graph, node) for node in chosen}
        self.settings = {
            node: recipe.settings(node.name, self._law_kind(node), role, target) for node, role in self.roles.items()
        }
        self.names: dict[Node, str] = {}
        self.edges: dict[str, Edge] = {}
        self.inserted: list[Row] = []

    def swap(self) -> TwinModel:
        """The model of twins, with its report."""
        self.recipe.check_used([(node.name, self._law_kind(node), role) for node, role in self.roles.items()])
        graph = self.graph
        self.model = TwinModel(
            input_edge=self._calibrated(graph.input, symmetric=False),
            input_shape=graph.input_shape,
            shortest=graph.shortest,
            longest=graph.longest,
            target=self.target.name,
            tokens=self._tokens(),
        )
        if graph.tokens is not None:
            self.names[graph.tokens], self.edges[TOKENS] = TOKENS, self.model.edge(TOKENS)
        self.names[graph.input], self.edges[graph.input.name] = graph.input.name, self.model.input
        for node in graph.nodes:
            if node not in entries(graph):
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
        readers = self.graph.tokens.users
        other = next((reader for reader in readers if reader.kind != "embedding"), None)
        if other is not None or not readers:
            where = "the model" if other is None else other.name
            raise SwapError(f"{where}: expected tokens that embeddings read, and nothing else")
        classes = min(len(reader.parameters["weight"]) for reader in readers)
        return Tokens(classes=classes, longest=self.graph.most_tokens)

    def _law_kind(self, node: Node) -> str:
        return "table" if node.kind == "function" else node.kind

    def _calibrated(self, node: Node, *, symmetric: bool) -> CalibratedEdge:
        settings = self.settings[node]
        bits = self._width(node)
        return CalibratedEdge(
            node.name,
            bits=bits,
            symmetric=symmetric or bits > 8,
            role=self.roles[node],
            method=settings.range,
            margin=settings.margin,
            function=function_reading(self.graph, node),
        )

    def _width(self, node: Node) -> int:
        """The bits of a result: those that a rule names, else the role's or the most below that the operator has."""
        settings, rule = self.settings[node], self.target.operators.get(self._law_kind(node))
        if settings.asked or rule is None:
            return settings.bits
        return max((bits for bits in rule.output if bits <= settings.bits), default=settings.bits)

    def _place(self, node: Node) -> None:
        inputs = [self._operand(node, index) for index in range(len(node.inputs))]
        operands = [self.edges[name] for name in inputs]
        output = self._output(node, operands)
        twin = self._twin(node, operands, output)
        self._check(node, twin)
        self.model.place_(node.name, twin, inputs)
        self.names[node], self.edges[node.name] = node.name, output

    def _twin(self, node: Node, operands: Sequence[Edge], output: Edge) -> Twin:
        if node.kind == "embedding" and self.recipe.methods:  # they change the head's weight, which may be the same
            node.parameters["weight"] = nn.Parameter(node.parameters["weight"].detach().clone())
        return assemble(node, operands, output, self.settings.get(node), self.target)

    def _operand(self, node: Node, index: int) -> str:
        """The name of the value that an operand reads, requantized first where the target wants fewer bits."""
        name = self.names[node.inputs[index]]
        if node.kind == "concat" and not node.moves_one:
            return self._requantized(node, index, name, self._shared_edge(node))
        rule = self.target.operators.get(self._law_kind(node))
        edge = self.edges[name]
        if node.kind in (*LAYOUT, "function", "softmax") or rule is None or edge.bits in rule.operand(index):
            return name
        width = self.target.widths["activation"]
        if width not in rule.operand(index):
            raise TargetError(f"{node.name}: {node.kind}: target {self.target.name} cannot read {edge.bits} bits")
        narrow = CalibratedEdge(
            f"{node.name}.requantize[{index}]",
            bits=width,
            symmetric=node.kind in ("matmul", "mul"),
            role="activation",
            method=self.recipe.range_of("activation"),
            margin=1.0,
        )
        return self._requantized(node, index, name, narrow)

    def _requantized(self, node: Node, index: int, name: str, edge: Edge) -> str:
        inserted = f"{node.name}.requantize[{index}]"
        twin = Add([self.edges[name]], edge, factors=(1.0,))
        self.model.place_(inserted, twin, [name])
        self.edges[inserted] = edge
        row = Row(
            aten="",
            path=inserted,
            became="add",
            rule="inserted",
            weight="",
            inputs=f"{self.edges[name].bits}",
            output=f"{edge.bits}",
        )
        self.inserted.append(row)
        return inserted

    def _shared_edge(self, node: Node) -> Edge:
        """One grid for all operands of a concat."""
        key = f"{node.name}.shared"
        if key not in self.edges:
            bits = max(self.edges[self.names[source]].bits for source in node.inputs)
            self.edges[key] = CalibratedEdge(
                node.name,
                bits=bits,
                symmetric=bits > 8,
                role="activation",
                method=self.recipe.range_of("activation"),
                margin=1.0,
            )
        return self.edges[key]

    def _output(self, node: Node, operands: Sequence[Edge]) -> Edge:
        if node.kind == "scaled":
            return ScaledEdge(operands[0], node.settings["factor"])
        if node.kind in LAYOUT:
            return operands[0]
        if self.roles[node] == "accumulator":
            depth = node.settings["depth"]
            if isinstance(depth, int):
                edge = ProductEdge(operands[0], operands[1], bits=self.settings[node].bits, depth=depth)
                if _fits(depth, operands, edge):
                    return edge
            self._reconsider(node)
        if any(reader.kind in RECURRENCES for reader in node.users):
            self._required(node.users[0], node.users[0].kind)
            return arguments()
        if node.kind == "softmax":
            return probabilities() if self.settings[node].bits == 16 else self._numerators(node)
        return self._calibrated(node, symmetric=symmetric(self.graph, node))

    def _reconsider(self, node: Node) -> None:
        """A product whose accumulator may not fit the width that is handed on is rounded like any other."""
        role = self.roles[node] = role_of(self.graph, node, handed_on=False)
        self.settings[node] = self.recipe.settings(node.name, self._law_kind(node), role, self.target)

    def _numerators(self, node: Node) -> Edge:
        """8-bit numerators need a product with values that divides by their sum."""
        for reader in readers(self.graph, node):
            if reader == RESULT or isinstance(reader, str) or reader.kind != "matmul":
                raise SwapError(
                    f"{node.name}: an 8-bit softmax has to be the left operand of a matmul, read by {reader}; "
                    "choose a target with 16-bit probabilities"
                )
            if source_of(reader.inputs[0]) is not node:
                raise SwapError(f"{reader.name}: expected the 8-bit softmax as the left operand; swap the operands")
            reader.settings["weighted_mean"] = True
        return NumeratorEdge()

    def _check(self, node: Node, twin: Twin) -> None:
        """Widths against the target, before any constant is built."""
        if isinstance(twin, Scaled):
            return
        rule = self._required(node, twin.kind)
        settings = self.settings.get(node)
        widths: list[tuple[str, int, Sequence[int]]] = [("the result", twin.output.bits, rule.output)]
        widths += [(f"operand {i}", edge.bits, rule.operand(i)) for i, edge in enumerate(twin.operands)]
        if node.kind in WEIGHTED and settings is not None:
            widths.append(("the weight", settings.weight_bits, rule.weight))
        for what, bits, allowed in widths:
            if bits not in allowed:
                raise TargetError(
                    f"{node.name}: {twin.kind}: {what} has {bits} bits; "
                    f"target {self.target.name} allows {sorted(allowed)}: "
                    "change the recipe's rule for this path, or choose another target"
                )

    def _required(self, node: Node, kind: str) -> OperatorRule:
        if kind in self.target.operators:
            return self.target.operators[kind]
        raise TargetError(
            f"{node.name}: target {self.target.name} has no operator {kind} ({node.aten}, {node.source}); "
            f"it has {sorted(self.target.operators)}"
        )

    def _rows(self, account: Account) -> list[Row]:
        """One row for each operator that came of an ATen operator, or one that says why there is none."""
        if account.became:
            return [bare(account.aten, account.path, account.became)]
        rows = [self._row(node) for node in account.nodes if node in self.names]
        gone = sorted({node.part_of.name for node in account.nodes if node.part_of is not None})
        if gone:
            return [*rows, bare(account.aten, account.path, f"part of {gone[0]}")]
        return rows or [bare(account.aten, account.path, "unused")]

    def _row(self, node: Node) -> Row:
        twin, settings = self.model.twin(node.name), self.settings.get(node)
        return Row(
            aten=node.aten,
            path=node.name,
            became=twin.kind,
            rule="" if settings is None or not settings.rule else f"{self.recipe.name}:{settings.rule}",
            inputs=" ".join(str(edge.bits) for edge in twin.operands),
            weight=str(settings.weight_bits) if settings is not None and node.kind in WEIGHTED else "",
            output=str(twin.output.bits),
        )


def _fits(depth: int, operands: Sequence[Edge], edge: ProductEdge) -> bool:
    """True if the sum of `depth` products of any codes is a code of the edge. What a matmul reads is symmetric, so that
    half the codes of a width is the largest magnitude.
    """
    left, right = (1 << (operand.bits - 1) if operand.signed else 1 << operand.bits for operand in operands)
    return depth * left * right <= edge.codes[1]
