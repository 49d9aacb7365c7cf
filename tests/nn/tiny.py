"""A tiny model of twins, its float original, and what a whole model is compared by."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.program.program import INPUT, Program, run
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel
from earnest.nn.twins.add import Add
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.table import Table
from earnest.numerics.table import Pointwise

WIDTH, INNER, CLASSES = 6, 10, 4


class Original(nn.Module):
    """y = head(norm(x + down(silu(up(x)))))."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """The residual block and its head."""
        return self.head(self.norm(x + self.down(functional.silu(self.up(x)))))


def uncalibrated(name: str, bits: int = 8, method: str = "extremes", margin: float = 1.0) -> CalibratedEdge:
    """An edge for calibration to fill."""
    return CalibratedEdge(name, bits=bits, symmetric=bits > 8, role="activation", method=method, margin=margin)


def tiny_model(original: Original, *, weight_bits: int = 8, method: str = "extremes", margin: float = 1.0) -> TwinModel:
    """The twins of `original`, not yet calibrated; parameters are copies."""
    entry = uncalibrated(INPUT, 8, method, margin)
    model = TwinModel(input_edge=entry, input_shape=("batch", "time", WIDTH), shortest=1, longest=50, target="int8x16")

    def linear(name: str, source: CalibratedEdge, layer: nn.Linear, bits: int = 8) -> CalibratedEdge:
        output = uncalibrated(name, bits, method, margin)
        weight, bias = (nn.Parameter(p.detach().clone()) for p in (layer.weight, layer.bias))
        twin = Linear(
            [source],
            output,
            weight=weight,
            bias=bias,
            weight_bits=weight_bits,
            weight_map="symmetric",
            weight_range="squared-error",
            weight_group=0,
        )
        model.place_(name, twin, [entry_name(model, source)])
        return output

    up = linear("block.up", entry, original.up)
    activated = uncalibrated("block.silu[0]", 8, method, margin)
    model.place_("block.silu[0]", Table([up], activated, function=Pointwise("silu")), ["block.up"])
    down = linear("block.down", activated, original.down)
    total = uncalibrated("block.add[0]", 16, method, margin)
    model.place_("block.add[0]", Add([entry, down], total, factors=(1.0, 1.0)), [INPUT, "block.down"])
    gain, bias = (nn.Parameter(p.detach().clone()) for p in (original.norm.weight, original.norm.bias))
    normed = uncalibrated("block", 8, method, margin)
    model.place_(
        "block", LayerNorm([total], normed, weight=gain, bias=bias, epsilon=original.norm.eps), ["block.add[0]"]
    )
    linear("head", normed, original.head, 16)
    return model


def entry_name(model: TwinModel, source: CalibratedEdge) -> str:
    """The value that an edge belongs to."""
    return next((call.name for call in model.calls if model.edge(call.name) is source), INPUT)


def inputs(count: int = 3, time: int = 7, width: int = WIDTH, seed: int = 1) -> list[Tensor]:
    """Batches of one utterance."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(1, time + index, width, generator=generator) for index in range(count)]


def differing(model: TwinModel, program: Program, features: Tensor) -> dict[str, int]:
    """Codes that differ between twins and program at every tensor that the program makes; -1 for another shape."""
    carriers: dict[str, np.ndarray] = {}
    values: dict[str, np.ndarray] = {}
    with torch.no_grad():
        result = model.codes(features, lambda name, x: carriers.__setitem__(name, x.numpy().copy()))
    codes = carriers[INPUT].astype(np.int64)
    (final,) = run(program, [codes], IntegerAccumulation(), lambda name, x: values.__setitem__(name, x.copy()))
    assert set(values) == {step.name for step in program.steps}
    assert (final == result.numpy()).all()
    return {
        name: int((x != carriers[name]).sum()) if x.shape == carriers[name].shape else -1 for name, x in values.items()
    }
