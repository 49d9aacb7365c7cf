"""Running models that cheat, written from scratch, each with its honest sibling."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tests.judge.zoo.cheat import Cheat, Honest
from torch import Tensor, nn
from torch.nn import functional

from earnest.judge.running import judge_running
from earnest.judge.verdict import Verdict

WIDTH, STEP = 16, 0.037
"""A step for which s k / s is not always k in float32."""


def utterances(*times: int) -> list[Tensor]:
    """Batches of one."""
    generator = torch.Generator().manual_seed(sum(times))
    return [torch.randn(1, time, WIDTH, generator=generator) for time in times or (9, 14)]


def encode(x: Tensor, step: float = STEP) -> Tensor:
    """The entry's quantizer: codes in a float carrier."""
    return torch.clamp(torch.round(x / step), -127, 127)


def requantize(sums: Tensor) -> Tensor:
    """Integer sums to 8-bit codes, by a multiplier and a shift."""
    return torch.clamp((sums.to(torch.int64) * 41 + 2048) >> 12, -127, 127)


class Layer(nn.Module):
    """An honest layer: weights are 8-bit codes, activations too, sums are rescaled by integers."""

    def __init__(self, seed: int = 0, width: int = WIDTH) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        codes = torch.randint(-127, 128, (width, WIDTH), generator=generator)
        self.register_buffer("codes", codes.to(torch.int8))
        self.register_buffer("scale", torch.rand(width, 1, generator=generator) * 0.01 + 0.001)

    def weight(self) -> Tensor:
        return self.codes.float()

    def real_weight(self) -> Tensor:
        """On a grid, in float."""
        return self.codes.float() * self.scale

    def forward(self, codes: Tensor) -> Tensor:
        return requantize(functional.linear(codes.float(), self.weight()))


class Model(nn.Module):
    """Entry, honest layers around what is under suspicion, exit."""

    def __init__(self, middle: nn.Module | None = None) -> None:
        super().__init__()
        self.first, self.last = Layer(1), Layer(2)
        self.middle = nn.Identity() if middle is None else middle
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.middle(self.first(encode(x)))).float() * STEP


class Function(nn.Module):
    """A module of one function, with what it holds."""

    def __init__(self, function: Callable[..., Tensor], **held: Any) -> None:
        super().__init__()
        self.function = function
        self.inner = Layer(3)
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, codes: Tensor) -> Tensor:
        return self.function(self, codes)


def judged(middle: Callable[..., Tensor] | nn.Module, **settings: Any) -> Callable[[Path], Verdict]:
    """A judge of a model with something in the middle."""

    def judge(folder: Path) -> Verdict:
        del folder
        torch.manual_seed(0)
        built = middle if isinstance(middle, nn.Module) else Function(middle)
        return judge_running(Model(built), utterances(), **settings)

    return judge


def whole_model(build: Callable[[], Any], **settings: Any) -> Callable[[Path], Verdict]:
    """A judge of a whole model that is built anew."""

    def judge(folder: Path) -> Verdict:
        del folder
        torch.manual_seed(0)
        return judge_running(build(), utterances(), **settings)

    return judge


def fake(x: Tensor, step: float = STEP, fraction: float = 1.0) -> Tensor:
    """Fake quantization, `fraction` of the way."""
    return x + fraction * (encode(x, step) * step - x)


def fake_quantized(self: Any, codes: Tensor) -> Tensor:
    real = functional.linear(codes * STEP, self.inner.real_weight())
    return encode(real)


def float_layer(self: Any, codes: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    if not hasattr(self, "kept"):
        self.kept = nn.Parameter(torch.randn(WIDTH, WIDTH, generator=generator))
    return encode(functional.linear(codes * STEP, self.kept))


def hand_written(self: Any, codes: Tensor) -> Tensor:
    """A float layer as a multiplication and a sum."""
    if not hasattr(self, "kept"):
        self.kept = nn.Parameter(torch.randn(WIDTH, WIDTH))
    return encode((codes.unsqueeze(-2) * self.kept).sum(-1) * STEP)


def by_taps(self: Any, codes: Tensor) -> Tensor:
    """A float layer, one input at a time."""
    if not hasattr(self, "kept"):
        self.kept = nn.Parameter(torch.randn(WIDTH, WIDTH, 2))
    total = torch.zeros_like(codes, dtype=torch.float32)
    for index in range(WIDTH):
        total = total + codes[..., index, None] * self.kept[:, index].sum(-1)
    return encode(total * STEP)


def float_table(self: Any, codes: Tensor) -> Tensor:
    """A two-dimensional gate of float parameters."""
    if not hasattr(self, "kept"):
        self.kept = nn.Parameter(torch.randn(2, WIDTH))
    return encode((codes * STEP).unsqueeze(-2).mul(self.kept)[..., 0, :])


def float_embedding(self: Any, codes: Tensor) -> Tensor:
    if not hasattr(self, "kept"):
        self.kept = nn.Parameter(torch.randn(255, WIDTH))
    rows = functional.embedding((codes[..., 0] + 127).to(torch.int64), self.kept)
    return self.inner(encode(rows))


def real_activations(self: Any, codes: Tensor) -> Tensor:
    """Weights dequantized from codes, activations of a sigmoid."""
    return encode(functional.linear(torch.sigmoid(codes * STEP), self.inner.real_weight()))


def annealed(self: Any, codes: Tensor) -> Tensor:
    real = torch.tanh(codes * STEP) * 3
    return encode(functional.linear(fake(real, fraction=0.75), self.inner.real_weight()))


def attention(self: Any, codes: Tensor) -> Tensor:
    """Softmax and both products in float."""
    real = codes * STEP
    return encode(functional.scaled_dot_product_attention(real, real, real))


def softmax(self: Any, codes: Tensor) -> Tensor:
    return encode(torch.softmax(codes * STEP, dim=-1), 1 / 127)


def residual(self: Any, codes: Tensor) -> Tensor:
    """The residual stream in float."""
    return encode(codes * STEP + self.inner(codes) * (STEP / 3))


def float_requantization(self: Any, codes: Tensor) -> Tensor:
    return torch.clamp(torch.round(functional.linear(codes.float(), self.inner.weight()) * 0.0107), -127, 127)


def float_bias(self: Any, codes: Tensor) -> Tensor:
    if not hasattr(self, "bias"):
        self.bias = nn.Parameter(torch.randn(WIDTH))
    return requantize(torch.floor(functional.linear(codes.float(), self.inner.weight(), self.bias)))


def unrounded(self: Any, codes: Tensor) -> Tensor:
    """x / scale without rounding, of an x that was on the grid."""
    on_grid = codes.float() * STEP
    return encode(functional.linear(on_grid / STEP, self.inner.weight()) * 0.0107)


def large_squares(self: Any, codes: Tensor) -> Tensor:
    """An integer norm in float32: squares and their sums beyond 2^24."""
    centred = codes.float() * WIDTH - codes.float().sum(-1, keepdim=True)
    squares = (centred * 8) * (centred * 8)
    return requantize(squares.sum(-1, keepdim=True).to(torch.int64) // 4096 + codes.to(torch.int64))


def wrapping_product(self: Any, codes: Tensor) -> Tensor:
    """Sums of 8-bit products in 16 bits."""
    return requantize(codes.to(torch.int16) @ self.inner.codes.t().to(torch.int16))


def narrow_product(self: Any, codes: Tensor) -> Tensor:
    """The right operand in float32 with more bits than it holds."""
    wide = codes.float() * 4096
    return requantize(functional.linear(wide, self.inner.weight()).to(torch.int64) >> 12)


def per_token(self: Any, codes: Tensor) -> Tensor:
    """Codes rescaled by their own row's maximum, in integers."""
    peak = codes.abs().amax(-1, keepdim=True).clamp(min=1)
    return self.inner(torch.clamp((codes * 127) // peak, -127, 127))


def per_batch(self: Any, codes: Tensor) -> Tensor:
    """Codes shifted by the sum over the whole batch: no minimum or maximum is taken."""
    total = codes.abs().sum() // (WIDTH * 8)
    return self.inner(torch.clamp(codes - total % 17, -127, 127))


def by_numpy(self: Any, codes: Tensor) -> Tensor:
    import numpy as np

    plain = np.tanh(codes.numpy() * 0.01) * 127
    return torch.from_numpy(np.round(plain).astype(np.int64))


def in_place_by_numpy(self: Any, codes: Tensor) -> Tensor:
    """Written into the memory of the codes."""
    import numpy as np

    plain = codes.numpy()
    plain[:] = np.round(np.tanh(plain * 0.01) * 127)
    return codes


def by_other_memory(self: Any, codes: Tensor) -> Tensor:
    """Written into memory that torch gave."""
    import numpy as np

    other = torch.empty_like(codes)
    other.numpy()[:] = np.round(np.tanh(codes.numpy() * 0.01) * 127)
    return self.inner(other)


def looked_at(self: Any, codes: Tensor) -> Tensor:
    """Honest: an address is compared, and a copy is read and thrown away."""
    assert codes.data_ptr() != self.inner.codes.data_ptr()
    codes.numpy().sum()
    return self.inner(codes.data)


def by_list(self: Any, codes: Tensor) -> Tensor:
    return torch.tensor([[[round(value / 3) for value in row] for row in part] for part in codes.tolist()])


def by_number(self: Any, codes: Tensor) -> Tensor:
    """A scale as a Python number."""
    return self.inner(torch.clamp((codes * 127) // int(codes.abs().sum() // 999 + 1), -127, 127))


def by_branch(self: Any, codes: Tensor) -> Tensor:
    """Honest: a number is read and only decides which of two exact ways is taken."""
    wide = int(codes.abs().max()) > 100
    weight = self.inner.weight()
    return requantize(
        functional.linear(codes.double(), weight.double()) if wide else functional.linear(codes.float(), weight)
    )


def autocast(self: Any, codes: Tensor) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return self.inner(codes) + 0 * (codes.double() @ self.inner.codes.t().double()).to(torch.int64)


def reduced_precision(self: Any, codes: Tensor) -> Tensor:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    result = self.inner(codes)
    torch.set_float32_matmul_precision(before)
    return result


@torch.library.custom_op("zoo::gelu_codes", mutates_args=())
def gelu_codes(codes: Tensor) -> Tensor:
    """Integers in, integers out, floats inside."""
    return torch.round(functional.gelu(codes * STEP) / STEP).to(torch.int64)


def hidden_operator(self: Any, codes: Tensor) -> Tensor:
    return self.inner(gelu_codes(codes))


class Observer(nn.Module):
    """An observer that goes on following the data."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("largest", torch.zeros((), dtype=torch.int64))

    def forward(self, codes: Tensor) -> Tensor:
        self.largest += codes.abs().sum()
        return codes


class Attributes(nn.Module):
    """The same, hidden in an attribute; the result does not depend on it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def forward(self, codes: Tensor) -> Tensor:
        self.seen.append(codes.shape[1])
        return codes


def remembering() -> Callable[[Tensor], Tensor]:
    """A closure: what it remembers shows only in the order."""
    model, last = Model(), [0]

    def run(x: Tensor) -> Tensor:
        result = model(x) + last[0]
        last[0] = x.shape[1]
        return result

    return run


class FloatHead(nn.Module):
    """A float head behind the codes out."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = Layer(1), nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(encode(x)) * STEP)


class Claimed(nn.Module):
    """Submodules between which codes are claimed; the first reads `codes(x)`."""

    def __init__(self, codes: Callable[[Tensor], Tensor], last: nn.Module) -> None:
        super().__init__()
        self.codes, self.body, self.last = codes, Layer(1), last

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.body(self.codes(x)))


class Divide(nn.Module):
    """Hands on reals as codes."""

    def forward(self, codes: Tensor) -> Tensor:
        return codes / 3


def padded_sum(x: Tensor) -> Tensor:
    """A model whose result follows how long the batch is."""
    codes = encode(x).to(torch.int64)
    return codes + codes.shape[1]


def pad(batch: Any) -> Tensor:
    """Utterances at the end of which zeros are filled in."""
    longest = max(each.shape[1] for each in batch)
    return torch.cat([functional.pad(each, (0, 0, 0, longest - each.shape[1])) for each in batch])


def cheat(
    name: str, patterns: tuple[int, ...], rule: str, judge: Callable[[Path], Verdict], *, alone: bool = True
) -> Cheat:
    return Cheat(name=f"running: {name}", patterns=patterns, rule=rule, judge=judge, alone=alone)


CHEATS = (
    cheat("a layer left float", (16, 17), "quantized-weights", judged(float_layer), alone=False),
    cheat("a float layer as multiplication and sum", (3,), "quantized-weights", judged(hand_written), alone=False),
    cheat("a float layer tap by tap", (3, 16), "quantized-weights", judged(by_taps), alone=False),
    cheat("a float table of gates", (16,), "quantized-weights", judged(float_table), alone=False),
    cheat("a float embedding", (16, 18), "quantized-weights", judged(float_embedding), alone=False),
    cheat("weights only", (1,), "quantized-activations", judged(real_activations), alone=False),
    cheat("an annealed quantizer", (27,), "quantized-activations", judged(annealed), alone=False),
    cheat("fake quantization", (1,), "integer-products", judged(fake_quantized), alone=False),
    cheat("float attention", (38, 37), "integer-products", judged(attention), alone=False),
    cheat("codes that are not rounded", (6,), "whole-codes", judged(unrounded), alone=False),
    cheat("large squares in float32", (5,), "exact-carriers", judged(large_squares)),
    cheat("sums that wrap", (7,), "exact-carriers", judged(wrapping_product)),
    cheat("a product beyond float32", (5, 7), "exact-carriers", judged(narrow_product)),
    cheat("float softmax", (3,), "no-float-operators", judged(softmax)),
    cheat("a float residual stream", (2,), "no-float-operators", judged(residual)),
    cheat("requantization by a float", (4,), "no-float-operators", judged(float_requantization)),
    cheat("a float bias", (9,), "no-float-operators", judged(float_bias)),
    cheat("a scale per token", (10,), "static-scales", judged(per_token)),
    cheat("a shift per batch", (10,), "neighbours", judged(per_batch)),
    cheat(
        "a result that follows the padding",
        (10,),
        "neighbours",
        whole_model(lambda: padded_sum, padded=pad),
        alone=False,
    ),
    cheat("by numpy", (3,), "no-exits", judged(by_numpy)),
    cheat("in place by numpy", (3,), "no-exits", judged(in_place_by_numpy)),
    cheat("by numpy into other memory", (3,), "no-exits", judged(by_other_memory)),
    cheat("by lists", (3,), "no-exits", judged(by_list)),
    cheat("a scale as a number", (10,), "no-exits", judged(by_number), alone=False),
    cheat("autocast", (14,), "plain-precision", judged(autocast), alone=False),
    cheat("a reduced precision", (14,), "plain-precision", judged(reduced_precision)),
    cheat("an operator of its own", (3,), "known-operators", judged(hidden_operator), alone=False),
    cheat("an observer that follows the data", (24,), "stable-state", judged(Observer()), alone=False),
    cheat("an attribute that grows", (24,), "stable-state", judged(Attributes())),
    cheat("a closure that remembers", (24,), "stable-state", whole_model(remembering), alone=False),
    cheat("dropout in training", (24,), "evaluation-mode", whole_model(lambda: Model(nn.Dropout(0.0)).train())),
    cheat("a float head", (13,), "all-inside", whole_model(FloatHead, codes_in="body", codes_out="body")),
    cheat(
        "reals where codes are claimed in",
        (6, 15),
        "whole-codes",
        whole_model(lambda: Claimed(lambda x: x / STEP, Layer(2)), codes_in="body", codes_out="last"),
        alone=False,
    ),
    cheat(
        "reals where codes are claimed out",
        (6, 12),
        "whole-codes",
        whole_model(lambda: Claimed(encode, Divide()), codes_in="body", codes_out="last"),
    ),
)


def honest(name: str, judge: Callable[[Path], Verdict]) -> Honest:
    return Honest(name=f"running: {name}", level="H2", judge=judge)


def integer_softmax(self: Any, codes: Tensor) -> Tensor:
    """The maximum is subtracted, which scales nothing; one division per row."""
    scores = codes.to(torch.int64) - codes.to(torch.int64).amax(-1, keepdim=True)
    table = torch.floor(torch.exp(torch.arange(-254, 1) * STEP) * 32767).to(torch.int64)
    raised = table[scores + 254]
    return (raised * ((127 << 31) // raised.sum(-1, keepdim=True)) + (1 << 30)) >> 31


def wide_product(self: Any, codes: Tensor) -> Tensor:
    """What overflows float32 fits float64."""
    wide = codes.double() * 4096
    return requantize(functional.linear(wide, self.inner.weight().double()).to(torch.int64) >> 12)


HONEST = (
    honest("integers throughout", judged(nn.Identity())),
    honest("padding ignored", whole_model(Model, padded=pad)),
    honest("a number that only decides", judged(by_branch)),
    honest("codes that are looked at", judged(looked_at)),
    honest("integer softmax", judged(integer_softmax)),
    honest("float64 carriers", judged(wide_product)),
    honest("dropout in evaluation", judged(nn.Dropout(0.5))),
    honest("a window", whole_model(lambda: Claimed(encode, Layer(2)), codes_in="body", codes_out="last")),
    honest("a callable", whole_model(lambda: Model().forward)),
)
