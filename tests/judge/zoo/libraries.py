"""Other ways to integers: the arithmetic of two papers, written anew, and a model for libraries to quantize."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tests.judge.zoo.cheat import Cheat
from tests.judge.zoo.running import STEP, Model, encode
from torch import Tensor, nn
from torch.nn import functional

from earnest.judge.running import judge_running
from earnest.judge.verdict import Verdict

WIDTH, CLASSES = 32, 16


class IntSoftmax(nn.Module):
    """Shiftmax on float32 tensors [Li 2022, arXiv:2207.01405, alg. 1]: e factor reaches 2^40."""

    def forward(self, codes: Tensor) -> Tensor:
        scale, n = STEP, 15
        x = codes * scale / scale
        x = x - x.amax(-1, keepdim=True)
        x = x + torch.floor(x / 2) - torch.floor(x / 16)
        unit = torch.floor(torch.tensor(-1.0 / scale))
        x = torch.maximum(x, n * unit)
        quotient = torch.floor(x / unit)
        exponential = torch.clamp(torch.floor(((x - unit * quotient) / 2 - unit) * 2 ** (n - quotient)), min=0)
        total = exponential.sum(-1, keepdim=True).clamp_max_(2**31 - 1)
        factor = torch.floor((2**31 - 1) / total)
        return torch.floor(exponential * factor / 2**24)


class IntLayerNorm(nn.Module):
    """The norm of the same paper: squares of 16-bit codes are summed in float32, roots found by ten divisions."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(16)), nn.Parameter(torch.full((16,), 0.1))

    def forward(self, codes: Tensor) -> Tensor:
        x = codes.float() * 256
        centred = x - torch.round(x.mean(-1, keepdim=True))
        squares = (centred**2).sum(-1, keepdim=True)
        root = torch.full_like(squares, 2.0**16)
        for _ in range(10):
            root = torch.floor((root + torch.floor(squares / root)) / 2)
        y = torch.floor(centred * torch.floor((2**31 - 1) / root) / 2)
        scaling = 4.0 / 2**30
        return encode((y + torch.floor(self.bias / self.weight / scaling)) * scaling)


class IntGelu(nn.Module):
    """x sigmoid(1.702 x) by the same shifts; what is called an integer is a quotient of floats."""

    def forward(self, codes: Tensor) -> Tensor:
        x = codes.float() * STEP / STEP
        shifted = x - x.amax(-1, keepdim=True)
        raised = torch.floor(torch.exp2(shifted * 0.05) * 2**23)
        total = raised + torch.floor(torch.exp2(-x.amax(-1, keepdim=True) * 0.05) * 2**23)
        sigmoid = torch.floor(raised * torch.floor((2**31 - 1) / total) / 2**24)
        return torch.clamp(torch.round(x * sigmoid / 128), -127, 127)


class DoubleConvolution(nn.Module):
    """A convolution in double carriers, of x / scale that is not rounded, under autocast
    [Kim 2022, arXiv:2103.16827, as published].
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("codes", torch.randint(-127, 128, (16, 16, 3)).to(torch.int8))

    def forward(self, codes: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            x = (codes * STEP).double() / torch.tensor(STEP)
            sums = functional.conv1d(x.transpose(1, 2), self.codes.double(), padding=1)
            return torch.clamp(torch.round(sums.transpose(1, 2) * 0.01), -127, 127).float()


def _judged(middle: Callable[[], nn.Module]) -> Callable[[Path], Verdict]:
    def judge(folder: Path) -> Verdict:
        del folder
        torch.manual_seed(0)
        return judge_running(Model(middle()), _utterances(16))

    return judge


CHEATS = (
    Cheat(name="Shiftmax", patterns=(5, 6), rule="exact-carriers", judge=_judged(IntSoftmax), alone=False),
    Cheat(name="a norm in float32", patterns=(5, 6), rule="exact-carriers", judge=_judged(IntLayerNorm), alone=False),
    Cheat(name="ShiftGELU", patterns=(3, 5, 6), rule="no-float-operators", judge=_judged(IntGelu), alone=False),
    Cheat(
        name="codes that are quotients",
        patterns=(6,),
        rule="whole-codes",
        judge=_judged(DoubleConvolution),
        alone=False,
    ),
    Cheat(
        name="autocast in evaluation",
        patterns=(14,),
        rule="plain-precision",
        judge=_judged(DoubleConvolution),
        alone=False,
    ),
)


class Block(nn.Module):
    """A block of a recogniser: attention, a convolution if it is asked for, a head."""

    def __init__(self, *, convolves: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm = nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.conv = nn.Conv1d(WIDTH, WIDTH, 3, padding=1) if convolves else None
        self.head = nn.Linear(WIDTH, CLASSES)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        weights = torch.softmax(self.query(y) @ self.key(y).transpose(1, 2) * WIDTH**-0.5, -1)
        x = x + self.out(weights @ self.value(y))
        if self.conv is not None:
            x = x + functional.silu(self.conv(x.transpose(1, 2)).transpose(1, 2))
        return self.head(x)


def _utterances(width: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(1, time, width, generator=generator) for time in (20, 31)]


UTTERANCES = _utterances(WIDTH)


def torchao_dynamic(*, convolves: bool) -> nn.Module:
    """Linears to int8 with scales of every row of activations, as torchao's own configuration does it."""
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_

    model = Block(convolves=convolves)
    quantize_(model, Int8DynamicActivationInt8WeightConfig())
    return model


def torchao_weights() -> nn.Module:
    """Linears with int8 weights."""
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    model = Block(convolves=False)
    quantize_(model, Int8WeightOnlyConfig())
    return model


def quanto(*, activations: bool) -> nn.Module:
    """int8 weights, and int8 activations if they are asked for, by optimum-quanto."""
    from optimum.quanto import Calibration, freeze, qint8, quantize

    model = Block(convolves=False)
    quantize(model, weights=qint8, activations=qint8 if activations else None)
    with torch.no_grad(), Calibration():
        for each in UTTERANCES:
            model(each)
    freeze(model)
    return model


class SelfAttention(nn.Module):
    """Attention to itself by a module that is given query, key and value."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x)[0]


def brevitas_attention() -> nn.Module:
    """Brevitas' attention with its default 8-bit quantizers, calibrated by running it."""
    import brevitas.nn

    torch.manual_seed(0)
    model = SelfAttention(brevitas.nn.QuantMultiheadAttention(WIDTH, 2, batch_first=True))
    model.train()
    with torch.no_grad():
        for each in UTTERANCES:
            model(each)
    return model.eval()


def onnxruntime_dynamic(folder: Path, *, convolves: bool, attends: bool) -> Path:
    """A file of onnxruntime's dynamic int8, as it comes, or with attention's products, which it leaves out."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    plain, path = folder / "float.onnx", folder / "dynamic.onnx"
    axes: Any = {"x": {1: "time"}, "y": {1: "time"}}
    model = Block(convolves=convolves)
    torch.onnx.export(
        model, (UTTERANCES[0],), plain, input_names=["x"], output_names=["y"], dynamic_axes=axes, dynamo=False
    )
    options = {"MatMulConstBOnly": False} if attends else {}
    quantize_dynamic(plain, path, weight_type=QuantType.QInt8, extra_options=options)
    return path
