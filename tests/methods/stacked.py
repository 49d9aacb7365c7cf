"""Twins of two residual blocks and a head, at numbered paths, with a position table that all blocks read."""

import torch
from tests.nn.tiny import WIDTH, entry_name, uncalibrated
from torch import nn

from earnest.integer.program.program import INPUT
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel
from earnest.nn.twins.add import Add
from earnest.nn.twins.constant import Constant
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.table import Table
from earnest.numerics.table import Pointwise

INNER = 24


def stacked(weight_bits: int, seed: int = 0) -> TwinModel:
    """x + table, two times norm(x + down(silu(up(x)))), head; not yet calibrated."""
    torch.manual_seed(seed)
    entry = uncalibrated(INPUT)
    model = TwinModel(input_edge=entry, input_shape=("batch", "time", WIDTH), shortest=1, longest=50, target="int8x16")

    def linear(name: str, source: CalibratedEdge, wide: int, out: int) -> CalibratedEdge:
        layer, output = nn.Linear(wide, out), uncalibrated(name)
        fixed = {"weight_map": "symmetric", "weight_range": "squared-error", "weight_group": 8}
        twin = Linear([source], output, weight=layer.weight, bias=layer.bias, weight_bits=weight_bits, **fixed)
        model.place_(name, twin, [entry_name(model, source)])
        return output

    def added(name: str, left: CalibratedEdge, right: CalibratedEdge, bits: int = 16) -> CalibratedEdge:
        total = uncalibrated(name, bits)
        names = [entry_name(model, edge) for edge in (left, right)]
        model.place_(name, Add([left, right], total, factors=(1.0, 1.0)), names)
        return total

    table = uncalibrated("table")
    model.place_("table", Constant(table, value=torch.randn(1, 1, WIDTH)), [])
    x = added("begin", entry, table, 8)
    for layer in ("layers.0", "layers.1"):
        up = linear(f"{layer}.up", x, WIDTH, INNER)
        activated = uncalibrated(f"{layer}.silu[0]")
        model.place_(f"{layer}.silu[0]", Table([up], activated, function=Pointwise("silu")), [f"{layer}.up"])
        down = linear(f"{layer}.down", activated, INNER, WIDTH)
        total = added(f"{layer}.add[0]", x, down)
        norm = nn.LayerNorm(WIDTH)
        x = uncalibrated(f"{layer}.norm")
        twin = LayerNorm([total], x, weight=norm.weight, bias=norm.bias, epsilon=norm.eps)
        model.place_(f"{layer}.norm", twin, [f"{layer}.add[0]"])
    linear("head", x, WIDTH, 4)
    return model
