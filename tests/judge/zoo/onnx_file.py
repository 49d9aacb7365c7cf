"""ONNX files that cheat, and what honest ones look like."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tests.judge.zoo.cheat import Cheat, Honest

from earnest.judge.onnx_file import judge_onnx
from earnest.judge.verdict import Verdict

Node = tuple[str, Sequence[str], Sequence[str], dict[str, Any]]


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> Node:
    """An operator (`domain::type` outside of the standard) from names to names, which spaces part."""
    return operator, inputs.split(), outputs.split(), attributes


def constants() -> dict[str, np.ndarray]:
    """Weights as floats and as codes, scales and zero points."""
    generator = np.random.default_rng(0)
    return {
        "weight": generator.normal(size=(6, 6)).astype(np.float32),
        "codes": generator.integers(-127, 128, (6, 6)).astype(np.int8),
        "scale": np.float32(0.03),
        "fine": np.float32(0.004),
        "zero": np.int8(0),
        "factor": np.int32(41),
        "bits": np.int32(4096),
        "least": np.int32(-127),
        "most": np.int32(127),
        "row": np.ones(6, np.float32),
    }


def proto(nodes: Sequence[Node], *, entry: str = "float32", domains: Sequence[str] = ()) -> Any:
    """A model from `x` to `y` of those constants that the nodes read."""
    from onnx import TensorProto, helper, numpy_helper

    made = [
        helper.make_node(kind.split("::")[-1], inputs, outputs, domain=kind.rpartition("::")[0], **attributes)
        for kind, inputs, outputs, attributes in nodes
    ]
    read = {name for each in nodes for name in each[1]}
    graph = helper.make_graph(
        made,
        "zoo",
        [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(np.dtype(entry)), ["time", 6])],
        [helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants().items() if name in read],
    )
    opsets = [helper.make_opsetid("", 21), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets)


def judged(nodes: Sequence[Node], **settings: Any) -> Callable[[Path], Verdict]:
    """A judge of a file of these nodes."""

    def judge(folder: Path) -> Verdict:
        path = folder / "zoo.onnx"
        path.write_bytes(proto(nodes, **settings).SerializeToString())
        return judge_onnx(path)

    return judge


ENTRY = node("QuantizeLinear", "x scale zero", "q")
EXIT = node("DequantizeLinear", "r scale zero", "y")
PRODUCT = node("MatMulInteger", "q codes", "sums")
REQUANTIZE = (
    node("Mul", "sums factor", "scaled"),
    node("Div", "scaled bits", "shifted"),
    node("Clip", "shifted least most", "clipped"),
    node("Cast", "clipped", "r", to=3),
)
INTEGERS = (ENTRY, PRODUCT, *REQUANTIZE)
DEQUANTIZED_WEIGHT = node("DequantizeLinear", "codes fine zero", "w")


def _requantized_in_float() -> tuple[Node, ...]:
    return (
        ENTRY,
        PRODUCT,
        node("Cast", "sums", "real", to=1),
        node("Mul", "real fine", "scaled"),
        node("QuantizeLinear", "scaled scale zero", "r"),
        EXIT,
    )


def _in_a_branch() -> tuple[Node, ...]:
    """A float product inside of a sub-graph."""
    from onnx import TensorProto, helper

    def branch(operator: str, name: str) -> Any:
        result = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        return helper.make_graph([helper.make_node(operator, ["real", "weight"], [name])], name, [], [result])

    return (
        *INTEGERS,
        node("DequantizeLinear", "r scale zero", "real"),
        node("ReduceMax", "clipped", "peak", keepdims=0),
        node("Greater", "peak least", "often"),
        ("If", ["often"], ["y"], {"then_branch": branch("MatMul", "one"), "else_branch": branch("MatMul", "two")}),
        node("Identity", "weight", "unused"),
    )


def in_a_branch(folder: Path) -> Verdict:
    """The same, built when it is asked for."""
    return judged(_in_a_branch())(folder)


def in_a_function(folder: Path) -> Verdict:
    """A float product inside of a function of the file."""
    from onnx import helper

    model = proto((*INTEGERS, (*EXIT[:2], ["z"], {}), node("zoo::Quiet", "z weight", "y")), domains=("zoo",))
    body = [helper.make_node("MatMul", ["a", "b"], ["c"])]
    model.functions.append(helper.make_function("zoo", "Quiet", ["a", "b"], ["c"], body, [helper.make_opsetid("", 21)]))
    path = folder / "function.onnx"
    path.write_bytes(model.SerializeToString())
    return judge_onnx(path)


def _cheat(
    name: str, patterns: tuple[int, ...], rule: str, nodes: Any, *, alone: bool = True, **settings: Any
) -> Cheat:
    judge = nodes if callable(nodes) else judged(nodes, **settings)
    return Cheat(name=f"onnx file: {name}", patterns=patterns, rule=rule, judge=judge, alone=alone)


CHEATS = (
    _cheat("a float model", (1,), "quantized-weights", (node("MatMul", "x weight", "y"),), alone=False),
    _cheat(
        "a float layer in a branch",
        (16, 17),
        "quantized-weights",
        in_a_branch,
        alone=False,
    ),
    _cheat("a float layer in a function", (16, 17), "quantized-weights", in_a_function, alone=False),
    _cheat(
        "a float embedding",
        (16, 18),
        "quantized-weights",
        (
            node("Gather", "weight x", "rows"),
            node("QuantizeLinear", "rows scale zero", "q"),
            PRODUCT,
            *REQUANTIZE,
            EXIT,
        ),
        entry="int32",
        alone=False,
    ),
    _cheat(
        "a float layer as multiplication and sum",
        (3, 16),
        "quantized-weights",
        (*INTEGERS, (*EXIT[:2], ["z"], {}), node("Mul", "z weight", "many"), node("ReduceSum", "many", "y")),
        alone=False,
    ),
    _cheat(
        "weights only", (1,), "quantized-activations", (DEQUANTIZED_WEIGHT, node("MatMul", "x w", "y")), alone=False
    ),
    _cheat(
        "fake quantization",
        (1,),
        "integer-products",
        (DEQUANTIZED_WEIGHT, ENTRY, node("DequantizeLinear", "q scale zero", "real"), node("MatMul", "real w", "y")),
        alone=False,
    ),
    _cheat(
        "attention between integers",
        (38,),
        "integer-products",
        (
            *INTEGERS,
            node("DequantizeLinear", "r scale zero", "real"),
            node("Transpose", "real", "turned"),
            node("MatMul", "real turned", "y"),
        ),
        alone=False,
    ),
    _cheat(
        "an operator of its own",
        (3,),
        "known-operators",
        (*INTEGERS, node("zoo::Secret", "r", "y")),
        domains=("zoo",),
        alone=False,
    ),
    _cheat(
        "a dynamic scale",
        (10,),
        "static-scales",
        (node("DynamicQuantizeLinear", "x", "q s z"), node("MatMulInteger", "q codes z", "y")),
        alone=False,
    ),
    _cheat(
        "a computed scale",
        (10,),
        "static-scales",
        (
            node("ReduceMax", "x", "peak", keepdims=0),
            node("QuantizeLinear", "x peak zero", "q"),
            PRODUCT,
            *REQUANTIZE,
            EXIT,
        ),
        alone=False,
    ),
    _cheat("requantization in float", (4,), "no-float-glue", _requantized_in_float(), alone=False),
    _cheat(
        "a product that makes floats",
        (4,),
        "no-float-glue",
        (ENTRY, node("com.microsoft::MatMulIntegerToFloat", "q codes scale fine", "y")),
        domains=("com.microsoft",),
    ),
    _cheat(
        "a float residual stream",
        (2,),
        "no-float-glue",
        (
            *INTEGERS,
            node("DequantizeLinear", "r scale zero", "real"),
            node("Add", "real x", "total"),
            node("QuantizeLinear", "total scale zero", "y"),
        ),
        alone=False,
    ),
    _cheat(
        "a float scale in an integer operator",
        (4,),
        "integer-scales",
        (ENTRY, node("QLinearMatMul", "q scale zero codes fine zero scale zero", "r"), EXIT),
    ),
    _cheat(
        "float softmax",
        (3,),
        "no-float-operators",
        (
            *INTEGERS,
            node("DequantizeLinear", "r scale zero", "real"),
            node("Softmax", "real", "soft"),
            node("QuantizeLinear", "soft fine zero", "y"),
        ),
    ),
)


def _program(folder: Path) -> Verdict:
    """What the exporter writes of a program of every operator."""
    import onnx
    from tests.integer.every_operator import small_program

    from earnest.export.onnx.model import to_onnx

    path = folder / "program.onnx"
    onnx.save(to_onnx(small_program(), products="int8"), str(path))
    return judge_onnx(path)


HONEST = (
    Honest(name="onnx file: integers between quantizer and dequantizer", level="H3", judge=judged((*INTEGERS, EXIT))),
    Honest(
        name="onnx file: integers only",
        level="H3",
        judge=judged(
            ((*PRODUCT[:1], ["x", "codes"], *PRODUCT[2:]), *REQUANTIZE, node("Identity", "r", "y")), entry="int8"
        ),
    ),
    Honest(name="onnx file: an exported program", level="H3", judge=_program),
)
