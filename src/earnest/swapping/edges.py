"""Edges: which grid each value of a captured graph gets, as recipe and target say; where neither says, calibration."""

from earnest.errors import SwapError, TargetError
from earnest.integer.program.target import OperatorRule, Target
from earnest.nn.edge import CalibratedEdge, Edge, ProductEdge, ScaledEdge
from earnest.nn.layout import Layout
from earnest.nn.probabilities import NumeratorEdge
from earnest.nn.site import Role
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.scaled import Scaled
from earnest.swapping.graph.graph import Graph, Node
from earnest.swapping.recipe import Recipe, Settings
from earnest.swapping.roles import function_reading, is_result, readers, role_of, source_of, symmetric


class Edges:
    """Decisions about the values of one graph: the role of each that is no layout, and what the recipe says of it."""

    def __init__(self, graph: Graph, recipe: Recipe, target: Target) -> None:
        self.graph, self.recipe, self.target = graph, recipe, target
        chosen = [node for node in graph.nodes if not node.is_a(Layout) and node is not graph.tokens]
        self.roles: dict[Node, Role] = {node: role_of(graph, node) for node in chosen}
        self.settings = {node: self._settings(node, role) for node, role in self.roles.items()}

    def check_used(self) -> None:
        """RecipeError: a rule that matches no operator."""
        self.recipe.check_used([(node.name, node.kind, role) for node, role in self.roles.items()])

    def calibrated(self, node: Node, *, symmetric: bool) -> CalibratedEdge:
        """An edge whose range calibration chooses."""
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

    def inserted(self, name: str, *, bits: int, symmetric: bool) -> CalibratedEdge:
        """The edge of a change of grid that no rule speaks of."""
        return CalibratedEdge(
            name,
            bits=bits,
            symmetric=symmetric,
            role="activation",
            method=self.recipe.range_of("activation"),
            margin=1.0,
        )

    def output(self, node: Node, operands: list[Edge]) -> Edge:
        """The edge of a node's result."""
        if node.is_a(Scaled):
            return ScaledEdge(operands[0], node.settings["factor"])
        if node.is_a(Layout):
            return operands[0]
        if self.roles[node] == "accumulator":
            edge = self._accumulator(node, operands)
            if edge is not None:
                return edge
            # What may not fit the width that is handed on is rounded like any other product.
            self.roles[node] = role_of(self.graph, node, handed_on=False)
            self.settings[node] = self._settings(node, self.roles[node])
        return self._asked(node) or self._made(node) or self.calibrated(node, symmetric=symmetric(self.graph, node))

    def required(self, node: Node, kind: str) -> OperatorRule:
        """What the target says of an operator; TargetError where it has none."""
        if kind in self.target.operators:
            return self.target.operators[kind]
        raise TargetError(
            f"{node.name}: target {self.target.name} has no operator {kind} ({node.aten}, {node.source}); "
            f"it has {sorted(self.target.operators)}"
        )

    def narrow(self, node: Node, index: int, bits: int) -> int | None:
        """The width to which an operand is brought before it is read; None where it is read as it is."""
        rule = self.target.operators.get(node.kind)
        any_width = node.is_a(Layout) or node.twin is None or node.twin.takes_any_width
        if any_width or rule is None or bits in rule.operand(index):
            return None
        width = self.target.widths["activation"]
        if width not in rule.operand(index):
            raise TargetError(f"{node.name}: {node.kind}: target {self.target.name} cannot read {bits} bits")
        return width

    def _settings(self, node: Node, role: Role) -> Settings:
        return self.recipe.settings(node.name, node.kind, role, self.target)

    def _width(self, node: Node) -> int:
        """The bits of a result: those that a rule names, else the role's or the most below that the operator has."""
        settings, rule = self.settings[node], self.target.operators.get(node.kind)
        if settings.asked or rule is None:
            return settings.bits
        return max((bits for bits in rule.output if bits <= settings.bits), default=settings.bits)

    def _accumulator(self, node: Node, operands: list[Edge]) -> ProductEdge | None:
        """An accumulator that is handed on unrounded, where every sum of its depth is one of its codes. What a matmul
        reads is symmetric, so that half the codes of a width is the largest magnitude.
        """
        depth = node.settings["depth"]
        if not isinstance(depth, int):
            return None
        edge = ProductEdge(operands[0], operands[1], bits=self.settings[node].bits, depth=depth)
        left, right = (1 << (operand.bits - 1) if operand.signed else 1 << operand.bits for operand in operands)
        return edge if depth * left * right <= edge.codes[1] else None

    def _asked(self, node: Node) -> Edge | None:
        """The edge that a reader needs."""
        for reader in self.graph.users[node]:
            edge = None if reader.twin is None else reader.twin.operand_edge()
            if edge is not None:
                self.required(reader, reader.kind)
                return edge
        return None

    def _made(self, node: Node) -> Edge | None:
        """The edge of an operator whose results have a grid of their own."""
        edge = None if node.twin is None else node.twin.output_edge(self.settings[node].bits)
        if isinstance(edge, NumeratorEdge):
            self._check_numerators(node)
        return edge

    def _check_numerators(self, node: Node) -> None:
        """8-bit numerators need a product with values that divides by their sum."""
        other = "result" if is_result(self.graph, node) else None
        reading = readers(self.graph, node)
        other = other or next((repr(reader) for reader in reading if not reader.is_a(MatMul)), None)
        if other is not None:
            raise SwapError(
                f"{node.name}: an 8-bit softmax has to be the left operand of a matmul, read by {other}; "
                "choose a target with 16-bit probabilities"
            )
        for reader in reading:
            if source_of(reader.inputs[0]) is not node:
                raise SwapError(f"{reader.name}: expected the 8-bit softmax as the left operand; swap the operands")
