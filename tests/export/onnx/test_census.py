"""The census of a model names every type, and does not believe what the file says of itself."""

import pytest
from tests.integer.cases import CASES

from earnest.export.onnx.census import UNKNOWN, not_whole, operator_census
from earnest.export.onnx.model import operator_to_onnx

onnx = pytest.importorskip("onnx", reason="needs the extra `onnx`")
helper, INT, FLOAT = onnx.helper, onnx.TensorProto.INT32, onnx.TensorProto.FLOAT


def model(*nodes, stated=(), initializers=()):
    ports = [[helper.make_tensor_value_info(name, INT, [3])] for name in "xy"]
    graph = helper.make_graph(list(nodes), "planted", *ports, list(initializers), value_info=list(stated))
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("local", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


THROUGH_FLOAT = (helper.make_node("Cast", ["x"], ["a"], to=FLOAT), helper.make_node("Cast", ["a"], ["y"], to=INT))
LIE = helper.make_tensor_value_info("a", INT, [3])


def branch(to):
    return helper.make_graph(
        [helper.make_node("Cast", ["x"], ["f"], to=to), helper.make_node("Cast", ["f"], ["i"], to=INT)],
        "branch",
        [],
        [helper.make_tensor_value_info("i", INT, [3])],
        value_info=[helper.make_tensor_value_info("f", INT, [3])],
    )


def condition(to):
    compare = helper.make_node("Equal", ["x", "x"], ["same"])
    shape = helper.make_node("ReduceMax", ["same_number"], ["most"], keepdims=0)
    number = helper.make_node("Cast", ["same"], ["same_number"], to=INT)
    choice = helper.make_node("Cast", ["most"], ["choice"], to=onnx.TensorProto.BOOL)
    either = helper.make_node("If", ["choice"], ["y"], then_branch=branch(to), else_branch=branch(INT))
    return model(compare, number, shape, choice, either)


def function():
    made = helper.make_function("local", "Inner", ["x"], ["y"], THROUGH_FLOAT, [helper.make_opsetid("", 21)])
    planted = model(helper.make_node("Inner", ["x"], ["y"], domain="local"))
    planted.functions.append(made)
    return planted


PLANTED = {
    "cast": model(*THROUGH_FLOAT),
    "a stated type that lies": model(*THROUGH_FLOAT, stated=[LIE]),
    "an output that lies": model(helper.make_node("Cast", ["x"], ["y"], to=FLOAT)),
    "constant": model(
        helper.make_node("ConstantOfShape", ["n"], ["a"]),
        helper.make_node("Identity", ["x"], ["y"]),
        initializers=[helper.make_tensor("n", onnx.TensorProto.INT64, [1], [3])],
    ),
    "initializer": model(
        helper.make_node("Identity", ["x"], ["y"]), initializers=[helper.make_tensor("w", FLOAT, [1], [0.5])]
    ),
    "in a branch": condition(FLOAT),
    "in a function": function(),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_float_is_found(name: str) -> None:
    found = not_whole(operator_census(PLANTED[name]))
    assert any("float" in types for _, types in found), found


def test_a_float_in_an_exported_graph_is_found() -> None:
    case = CASES["linear"][0]
    exported = operator_to_onnx(case.operator, case.domains, case.symbols, products="int8")
    assert not_whole(operator_census(exported)) == {}
    last = exported.graph.node[-1]
    exported.graph.node.insert(0, helper.make_node("Cast", [exported.graph.input[0].name], ["planted"], to=FLOAT))
    found = not_whole(operator_census(exported))
    assert list(found) == [("Cast", ("int8", "float"))]
    assert last.op_type == "Cast"


def test_a_contributed_operator_is_not_known() -> None:
    planted = model(
        helper.make_node("Gelu", ["x"], ["a"], domain="com.microsoft"),
        helper.make_node("Cast", ["a"], ["y"], to=INT),
        stated=[LIE],
    )
    found = not_whole(operator_census(planted))
    assert found == {("com.microsoft::Gelu", ("int32", UNKNOWN)): 1, ("Cast", (UNKNOWN, "int32")): 1}


def test_a_whole_branch_is_whole() -> None:
    assert not_whole(operator_census(condition(INT))) == {}


def test_operators_are_counted_by_type() -> None:
    twice = model(helper.make_node("Add", ["x", "x"], ["a"]), helper.make_node("Add", ["a", "x"], ["y"]))
    census = operator_census(twice)
    assert census == {
        ("graph input", ("int32",)): 1,
        ("graph output", ("int32",)): 1,
        ("Add", ("int32", "int32", "int32")): 2,
    }
