"""The same float weights as ONNX graphs for onnxruntime, each made the way in which it ran fastest when it was tried.

Every graph has one fixed length, so that onnxruntime folds the products of the positions into constants. Pointwise
convolutions stand as the linear layers that they are: onnxruntime's integer matrix product is faster than its integer
convolution (dynamic 8-bit: 97 -> 88 ms), and nothing else changes. Of the options of quantization:

    dynamic       signed weights, per channel, products with weights only (with convolutions 118 ms and more)
    static U8S8   every operator that onnxruntime has in 8 bits (products and convolutions only: 87 -> 80 ms)
    static S8S8   products and convolutions only (every operator: 92 -> 102 ms; x86 has no fused kernels for it)
"""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.material import Material
from benchmarks.progress import one_line, say

if TYPE_CHECKING:
    from torch import nn

OPSET = 20
INPUT, OUTPUT = "features", "logits"
PRODUCTS = ["MatMul", "Gemm", "Conv"]


def export_graphs(material: Material, seconds: int, kinds: list[str]) -> dict[str, str]:
    """Write `<kind>-<seconds>.onnx` for each kind; the reason by kind for those that cannot be made."""
    failed: dict[str, str] = {}
    with _quiet(), contextlib.chdir(material.folder):  # onnxruntime leaves files of its own where it works
        for kind in ("float32", *kinds):
            if kind == "float32" or "float32" not in failed:
                say(f"making the onnxruntime graph {kind} for {seconds} s")
                try:
                    GRAPHS[kind](material, seconds)
                except Exception as error:  # noqa: BLE001  # whatever the rival raises is its result
                    failed[kind] = one_line(error)
    return failed | (dict.fromkeys(kinds, failed["float32"]) if "float32" in failed else {})


def export_float32(material: Material, seconds: int) -> None:
    """The float graph, and beside it the one that quantization starts from."""
    import torch
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path = material.graph("float32", seconds)
    module = with_linear_layers(material.float_model().module)
    features = torch.from_numpy(material.features(seconds))
    torch.onnx.export(
        module, (features,), path, input_names=[INPUT], output_names=[OUTPUT], opset_version=OPSET, dynamo=False
    )
    quant_pre_process(path, material.graph("prepared", seconds))


def quantize_dynamically(material: Material, seconds: int) -> None:
    """Weights at 8 bits, activations at 8 bits with a scale that every run finds anew."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    source = material.graph("prepared", seconds)
    quantize_dynamic(
        source,
        material.graph("int8-dynamic", seconds),
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm"],
        nodes_to_exclude=_folded_positions(source),
    )


def quantize_statically(material: Material, seconds: int, *, signed: bool, operators: list[str] | None) -> None:
    """Weights and activations at 8 bits (QDQ, per channel), with the ranges of real speech."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    quantize_static(
        material.graph("prepared", seconds),
        material.graph(f"int8-static-{'s8s8' if signed else 'u8s8'}", seconds),
        _reader(material, seconds),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QInt8 if signed else QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        op_types_to_quantize=operators,
    )


GRAPHS: dict[str, Callable[[Material, int], None]] = {
    "float32": export_float32,
    "int8-dynamic": quantize_dynamically,
    "int8-static-s8s8": lambda material, seconds: quantize_statically(
        material, seconds, signed=True, operators=PRODUCTS
    ),
    "int8-static-u8s8": lambda material, seconds: quantize_statically(material, seconds, signed=False, operators=None),
}
"""Makers of the graphs by kind."""


def with_linear_layers(module: "nn.Module") -> "nn.Module":
    """A copy in which each pointwise convolution over time is the linear layer of the same weights."""
    import copy

    from torch import Tensor, nn

    class PointwiseLinear(nn.Module):
        def __init__(self, convolution: nn.Conv1d) -> None:
            super().__init__()
            self.linear = nn.Linear(convolution.in_channels, convolution.out_channels, convolution.bias is not None)
            self.linear.weight.data = convolution.weight.data[..., 0]
            if convolution.bias is not None:
                self.linear.bias.data = convolution.bias.data

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(x.transpose(1, 2)).transpose(1, 2)

    changed = copy.deepcopy(module)
    for parent in list(changed.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv1d) and child.kernel_size == (1,) and child.stride == (1,):
                setattr(parent, name, PointwiseLinear(child))
    return changed


def _folded_positions(path: Path) -> list[str]:
    """Products with a constant of more than two axes: positions, which onnxruntime does not take per channel."""
    import onnx

    graph = onnx.load(path).graph
    deep = {constant.name for constant in graph.initializer if len(constant.dims) > 2}
    return [node.name for node in graph.node if node.op_type == "MatMul" and not deep.isdisjoint(node.input)]


def _reader(material: Material, seconds: int) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Windows(CalibrationDataReader):
        def __init__(self) -> None:
            self.rest = iter(material.windows(seconds))

        def get_next(self) -> Any:
            window = next(self.rest, None)
            return None if window is None else {INPUT: window[None]}

    return Windows()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the remarks of exporter and quantizer, hundreds of lines for graphs that are checked afterwards."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
