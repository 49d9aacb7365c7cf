"""Codes around a tensor as ONNX."""

from earnest.export.onnx.graph import Graph


def pad_with(graph: Graph, tensor: str, before: tuple[int, ...], after: tuple[int, ...], value: int) -> str:
    """`value` before and after each axis."""
    if not any((*before, *after)):
        return tensor
    amounts = graph.constant([*before, *after])
    return graph.node("Pad", tensor, amounts, graph.constant(value, graph.type_of(tensor)), mode="constant")
