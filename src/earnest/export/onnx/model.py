"""A program as an ONNX model of standard integer operators, which any runtime of ONNX must run to the same codes."""

from collections.abc import Mapping, Sequence
from typing import Any

from earnest.errors import ProgramError
from earnest.export.onnx.dimension import extent as extent_of
from earnest.export.onnx.graph import Call, Graph, Value, carrier
from earnest.export.onnx.products import PRODUCTS
from earnest.export.onnx.translation import translate
from earnest.integer.codes import Domain, storage
from earnest.integer.law.operator import Operator, Proof
from earnest.integer.program.program import INPUT, Program

_WIDEST_ACCUMULATOR = 64

RESULT = "output"
"""The name of the result of a single operator; its operands are input_0, input_1, ..."""


def to_onnx(program: Program, *, products: str, observe: Sequence[str] = ()) -> Any:
    """An `onnx.ModelProto` from the codes of the inputs to those of the program's outputs, each in the smallest type of
    its width, the axes of free length free. Lengths that the program is not proved for are the caller's to refuse.

    `products` says how 8-bit codes are multiplied: "int8" (MatMulInteger, ConvInteger), or "int32" where the self-test
    shows that the runtime's 8-bit products saturate. `observe` names values that become outputs as well.
    """
    _check_products(products)
    graph, values = Graph(path=INPUT), {}
    longest = {symbol: ends[1] for symbol, ends in program.ranges.items()}
    for spec in program.inputs:
        shape = tuple(extent if isinstance(extent, (int, str)) else None for extent in spec.shape)
        values[spec.name] = _read(graph, spec.name, spec.domain(spec.longest), shape)
        graph.symbols.setdefault(spec.symbol, extent_of(graph, spec.name, spec.free_axis))
    read = set(values)
    for step in program.steps:
        graph.path = step.name
        missing = [name for name in step.inputs if name not in values]
        if missing:
            raise ProgramError(f"{step.name}: reads {missing}, which no earlier operator makes")
        inputs = [values[name] for name in step.inputs]
        values[step.name] = _place(graph, step.operator, inputs, longest, products)
    names = list(dict.fromkeys((*program.outputs, *observe)))
    unknown = [name for name in names if name not in values or name in read]
    if unknown:
        raise ProgramError(f"expected values that an operator makes, got {unknown}")
    for name in names:
        _hand_out(graph, name, values[name])
    return graph.model()


def operator_to_onnx(
    operator: Operator, domains: Sequence[Domain], symbols: Mapping[str, int], *, products: str
) -> Any:
    """One operator alone: operands input_0, input_1, ..., each symbol an int64 scalar of its name, result `output`.

    All extents are free; the domains' extents and the symbols' values are the largest that are proved.
    """
    _check_products(products)
    graph = Graph(path=operator.kind)
    inputs = [
        _read(graph, f"{INPUT}_{index}", domain, (None,) * len(domain.shape)) for index, domain in enumerate(domains)
    ]
    for name in symbols:
        graph.symbols[name] = graph.input(name, "int64", ())
    _hand_out(graph, RESULT, _place(graph, operator, inputs, symbols, products))
    return graph.model()


def _check_products(products: str) -> None:
    if products not in PRODUCTS:
        raise ProgramError(f"expected products of {PRODUCTS}, got {products!r}")


def _read(graph: Graph, name: str, domain: Domain, shape: tuple[int | str | None, ...]) -> Value:
    """A new input of the graph, brought into the type in which its codes travel."""
    tensor = graph.input(name, storage(domain.bits, signed=domain.signed).name, shape)
    return Value(tensor=graph.cast(tensor, carrier(domain)), domain=domain)


def _place(
    graph: Graph, operator: Operator, inputs: Sequence[Value], symbols: Mapping[str, int], products: str
) -> Value:
    """One operator, with what is proved of it for the symbols."""
    proof = Proof(symbols=symbols, accumulator_bits=_WIDEST_ACCUMULATOR, path=graph.path)
    result = operator.infer([value.domain for value in inputs], proof)
    accumulator = proof.widest.get(f"{graph.path}:accumulator", 0)
    call = Call(inputs=tuple(inputs), result=result, accumulator=accumulator, products=products)
    return translate(graph, operator, call)


def _hand_out(graph: Graph, name: str, value: Value) -> None:
    domain = value.domain
    graph.output(name, value.tensor, storage(domain.bits, signed=domain.signed).name, len(domain.shape))
