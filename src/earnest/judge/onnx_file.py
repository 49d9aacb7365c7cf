"""Judging an ONNX file: its operators by type and by the element types that they read and make."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from earnest.judge.level import Level
from earnest.judge.onnx_graph import UNKNOWN, WHOLE, Node, OnnxGraph, read_onnx
from earnest.judge.verdict import Rule, Section, Subject, Verdict

_REASON = (
    "an ONNX file may be integers throughout, but neither its accumulators nor its front end and decoding are in it: "
    "only a program file is more"
)

QUANTIZED_WEIGHTS = Rule(name="quantized-weights", asks="every weight of a product is stored as codes", cap=Level.NONE)
QUANTIZED_ACTIVATIONS = Rule(
    name="quantized-activations", asks="every product reads activations that come from codes", cap=Level.H0
)
INTEGER_PRODUCTS = Rule(
    name="integer-products", asks="every product, both of attention's included, reads integers", cap=Level.H1
)
KNOWN_OPERATORS = Rule(
    name="known-operators", asks="every operator is in the standard, or one whose meaning is known here", cap=Level.H1
)
STATIC_SCALES = Rule(name="static-scales", asks="no scale is computed from the data", cap=Level.H2)
NO_FLOAT_GLUE = Rule(
    name="no-float-glue", asks="no sum, product or rescaling between integer operators is float", cap=Level.H2
)
INTEGER_SCALES = Rule(
    name="integer-scales", asks="integer operators rescale by integers: a float scale is a float product", cap=Level.H3
)
NO_FLOAT_OPERATORS = Rule(
    name="no-float-operators",
    asks="but for the entry's quantizer and the exit's dequantizer, no operator reads or makes a float",
    cap=Level.H3,
)
RULES = (
    QUANTIZED_WEIGHTS,
    QUANTIZED_ACTIVATIONS,
    INTEGER_PRODUCTS,
    KNOWN_OPERATORS,
    STATIC_SCALES,
    NO_FLOAT_GLUE,
    INTEGER_SCALES,
    NO_FLOAT_OPERATORS,
)

_M = "com.microsoft::"
_PRODUCTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("MatMul", "Gemm", "Conv", "ConvTranspose", "MatMulInteger", "ConvInteger"), (0, 1)),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), (0, 1, 2)),
    **dict.fromkeys(("QLinearConv", "QLinearMatMul", f"{_M}QGemm"), (0, 3)),
    **dict.fromkeys(("Attention", f"{_M}MultiHeadAttention"), (0, 1, 2)),
    **dict.fromkeys((f"{_M}MatMulNBits", f"{_M}MatMulIntegerToFloat", f"{_M}FusedMatMul"), (0, 1)),
    f"{_M}DynamicQuantizeMatMul": (1,),
    "Gather": (0,),
}
"""The places of the operands; `Gather` reads the rows of an embedding and multiplies nothing."""

_EINSUM = "Einsum"
_INTEGER_SUMS = {"MatMulInteger", "ConvInteger"}
_DYNAMIC = {"DynamicQuantizeLinear", f"{_M}DynamicQuantizeMatMul", f"{_M}DynamicQuantizeLSTM"}
_SEALED = {f"{_M}MatMulNBits", f"{_M}MultiHeadAttention", "Attention"}
_MADE_FLOAT = {f"{_M}DynamicQuantizeMatMul", f"{_M}MatMulIntegerToFloat"}
_MOVES = {
    *("Transpose", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Slice", "Concat", "Split", "Expand", "Pad"),
    *("Flatten", "Gather", "GatherElements", "Tile", "Where", "MaxPool", "Relu", "Clip", "DepthToSpace", "Max", "Min"),
}
_LINEAR = {"Add", "Sub", "Mul", "Div", "Sum", "Neg", "Mean", "ReduceSum", "ReduceMean", "Cast", "Round", "Floor"}
_SUMS = {"ReduceSum", "ReduceMean"}
_SCALED = {"QuantizeLinear": (1,), "DequantizeLinear": (1,)}
_CONTRIBUTED = {
    *(f"{_M}QLinear{name}" for name in ("Add", "Mul", "Sigmoid", "LeakyRelu", "Softmax", "Concat", "AveragePool")),
    *(f"{_M}{name}" for name in ("Gelu", "FastGelu", "QuickGelu", "BiasGelu", "LayerNormalization")),
    *(f"{_M}{name}" for name in ("SkipLayerNormalization", "QLinearGlobalAveragePool", "QLinearReduceMean")),
}
"""What onnxruntime adds to the standard, none of it with weights."""


class Kind(IntEnum):
    """What an operand of a product is, from the worst to the best."""

    REAL = 0
    DEQUANTIZED = 1
    CODES = 2


@dataclass(slots=True)
class _View:
    """The graph with who makes each value, which values are constant, and from which constants."""

    graph: OnnxGraph
    makers: dict[str, Node] = field(default_factory=dict)
    sources: dict[str, frozenset[str]] = field(default_factory=dict)
    summed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.sources = {name: frozenset({name}) for name in self.graph.constants}
        self.summed = frozenset(name for node in self.graph.nodes if node.operator in _SUMS for name in node.inputs)
        for node in self.graph.nodes:
            self.makers |= dict.fromkeys(node.outputs, node)
            read = [name for name in node.inputs if name]
            if read and all(name in self.sources for name in read):
                merged = frozenset().union(*(self.sources[name] for name in read))
                self.sources |= dict.fromkeys(node.outputs, merged)

    def places(self, node: Node) -> tuple[int, ...] | None:
        """Where a product reads its operands, or None for no product. A sum of elementwise products is one."""
        if node.operator == _EINSUM or _is_opaque(node):
            return tuple(range(len(node.inputs)))
        if node.operator == "Mul" and node.outputs[0] in self.summed and len({*node.inputs}) > 1:
            return (0, 1)
        return _PRODUCTS.get(node.operator)

    def is_float(self, name: str) -> bool:
        """Whether a value is, or may be, no integer."""
        return bool(name) and self.graph.types.get(name, UNKNOWN) not in WHOLE

    def kind(self, name: str) -> Kind:
        """What an operand is, looked at through whatever only moves values."""
        pending, worst, seen = [name], Kind.CODES, set()
        while pending:
            each = pending.pop()
            if each in seen or not self.is_float(each):
                continue
            seen.add(each)
            maker = self.makers.get(each)
            if each in self.sources and self._coded(each):
                worst = min(worst, Kind.DEQUANTIZED)
            elif maker is None or maker.operator not in {*_MOVES, "DequantizeLinear", "Cast"} or each in self.sources:
                return Kind.REAL
            elif maker.operator in _MOVES:
                pending += [each for each in maker.inputs if self.is_float(each) and each not in self.graph.constants]
            elif self.is_float(maker.inputs[0]):
                return Kind.REAL
            else:
                worst = min(worst, Kind.DEQUANTIZED)
        return worst

    def _coded(self, name: str) -> bool:
        constants = [self.graph.constants[source] for source in self.sources[name]]
        real = sum(each.elements for each in constants if each.type not in WHOLE)
        return sum(each.elements for each in constants if each.type in WHOLE) >= 2 * real


def judge_onnx(path: str | Path) -> Verdict:
    """Judge a file; a FileError where it cannot be read."""
    graph = read_onnx(path)
    view = _View(graph)
    section = Section(name="operators", rules=RULES)
    for rule, where, what in _found(view):
        section.report(rule, where, what)
    if not any(view.places(node) for node in graph.nodes if node.operator != "Gather"):
        for rule in (QUANTIZED_WEIGHTS, QUANTIZED_ACTIVATIONS, INTEGER_PRODUCTS):
            section.leave(rule, "there is no product")
    real = sum(any(map(view.is_float, (*node.inputs, *node.outputs))) for node in graph.nodes)
    weights = _weights(view)
    total = sum(constant.bytes for constant in graph.constants.values())
    elements = sum(graph.constants[name].elements for name in weights)
    section.figures.update(_census(graph), weight_elements=elements, constant_bytes=total)
    return Verdict(
        subject=Subject(kind="onnx file", name=Path(path).name, ceiling=Level.H3, reason=_REASON, facts={}),
        float_operators=real,
        bits_per_weight=8 * total / elements if elements else None,
        sections=(section,),
    )


def _found(view: _View) -> Iterator[tuple[Rule, str, str]]:
    for node in view.graph.nodes:
        where = node.where
        yield from _judge_product(view, node)
        if _is_opaque(node):
            yield KNOWN_OPERATORS, where, f"{node.operator}: what it computes is not known"
        if node.operator in _DYNAMIC:
            yield STATIC_SCALES, where, f"{node.operator} takes the scale from the data at hand"
        for place in _SCALED.get(node.operator, ()):
            if len(node.inputs) > place and node.inputs[place] not in view.sources:
                yield STATIC_SCALES, where, f"expected a constant scale, got {node.inputs[place]}, which is computed"
        yield from _judge_float(view, node)


def _judge_product(view: _View, node: Node) -> Iterator[tuple[Rule, str, str]]:
    """The rule with the lowest cap that a product breaks."""
    places = view.places(node)
    if places is None:
        return
    names = [node.inputs[place] for place in places if place < len(node.inputs) and node.inputs[place]]
    kinds = {name: view.kind(name) for name in names if name not in view.graph.constants or _is_matrix(view, name)}
    if node.operator == "Gather":
        kinds = {name: kind for name, kind in kinds.items() if name in view.sources and kind is Kind.REAL}
    for name, kind in kinds.items():
        if kind is Kind.REAL and name in view.sources:
            yield QUANTIZED_WEIGHTS, node.where, f"expected {name} to be codes, got {view.graph.types[name]}"
            return
    for name, kind in kinds.items():
        if kind is Kind.REAL:
            yield QUANTIZED_ACTIVATIONS, node.where, f"expected {name} to come from codes, got computed floats"
            return
    real = node.operator in _SEALED or _is_opaque(node) or any(kind is Kind.DEQUANTIZED for kind in kinds.values())
    if real and kinds:
        yield INTEGER_PRODUCTS, node.where, f"{node.operator} multiplies floats"


def _is_opaque(node: Node) -> bool:
    return "::" in node.operator and node.operator not in {*_PRODUCTS, *_DYNAMIC, *_CONTRIBUTED}


def _is_matrix(view: _View, name: str) -> bool:
    return sum(extent > 1 for extent in view.graph.constants[name].shape) > 1


def _judge_float(view: _View, node: Node) -> Iterator[tuple[Rule, str, str]]:
    """Floats that are data and no operand of a product: rescaling, glue, and other operators."""
    if all(name in view.sources for name in node.outputs) or node.operator in _MOVES:
        return
    floats = [name for name in (*node.inputs, *node.outputs) if view.is_float(name)]
    data = [name for name in floats if name not in view.sources]
    kinds = f"{node.operator} of {', '.join(sorted({view.graph.types.get(name, UNKNOWN) for name in floats}))}"
    if not data:
        if floats:
            yield INTEGER_SCALES, node.where, f"{node.operator} brings its sums to codes by a float scale"
    elif node.operator in _MADE_FLOAT or _is_glue(view, node):
        yield NO_FLOAT_GLUE, node.where, kinds
    elif not _at_the_edge(view, node):
        yield NO_FLOAT_OPERATORS, node.where, kinds


def _is_glue(view: _View, node: Node) -> bool:
    """A float sum or product of values, the bringing of an integer product's sums to floats included."""
    return node.operator in _LINEAR or any(
        view.makers[name].operator in _INTEGER_SUMS for name in node.inputs if name in view.makers
    )


def _at_the_edge(view: _View, node: Node) -> bool:
    """The entry's quantizer reads an input of the graph; what the exit's dequantizer makes is a result of it."""
    if node.operator == "QuantizeLinear":
        return node.inputs[0] in view.graph.inputs
    return node.operator == "DequantizeLinear" and node.outputs[0] in view.graph.outputs


def _weights(view: _View) -> set[str]:
    """The constants that products read, without their scales."""
    return {
        source
        for node in view.graph.nodes
        for place in view.places(node) or ()
        if place < len(node.inputs)
        for source in view.sources.get(node.inputs[place], ())
        if _is_matrix(view, source)
    }


def _census(graph: OnnxGraph) -> dict[str, object]:
    """Rows of operators with their types, and the bytes of all constants by type."""
    rows = Counter(
        (
            node.operator,
            *(tuple(graph.types.get(n, UNKNOWN) for n in names if n) for names in (node.inputs, node.outputs)),
        )
        for node in graph.nodes
    )
    sizes: Counter[str] = Counter()
    for constant in graph.constants.values():
        sizes[constant.type] += constant.bytes
    whole = {*WHOLE}
    return {
        "operators": [
            {
                "operator": operator,
                "inputs": list(inputs),
                "outputs": list(outputs),
                "calls": count,
                "float": not whole.issuperset((*inputs, *outputs)),
            }
            for (operator, inputs, outputs), count in sorted(rows.items())
        ],
        "bytes": dict(sorted(sizes.items())),
        "inputs": {name: graph.types[name] for name in graph.inputs},
        "outputs": {name: graph.types[name] for name in graph.outputs},
    }
