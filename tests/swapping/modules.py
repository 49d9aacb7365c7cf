"""Small modules, each with one thing that a swap has to handle, and the way from a module to equal codes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earnest.calibration.calibrate import calibrate
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.nn.comparison import differences, first_difference
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel, run_real
from earnest.runtime.reference import ReferenceBackend
from earnest.swapping.swap import swap

FEATURES = 12


def inputs(times: Sequence[int], features: int = FEATURES, batch: int = 1) -> list[Tensor]:
    """Normal features of several lengths."""
    generator = torch.Generator().manual_seed(sum(times))
    return [torch.randn(batch, time, features, generator=generator) for time in times]


def swapped(model: nn.Module, target: str = "int8x16", recipe: str = "w8a8", features: int = FEATURES) -> TwinModel:
    """A calibrated model of twins."""
    twin = swap(model.eval(), recipe, target, features=features, longest=200)
    return calibrate(twin, inputs((60, 41), features))


def check_whole_way(model: nn.Module, target: str = "int8x16", features: int = FEATURES) -> TwinModel:
    """Float graph = model, program verifies, and no code differs between twin and program at three lengths."""
    twin = swapped(model, target, features=features)
    program = lower(twin, {})
    verify(program, load_target(target))
    backend = ReferenceBackend(program, exact=True)
    for x in inputs((33, 64, 101), features):
        with torch.no_grad():
            expected = model(x)
            expected = expected if isinstance(expected, Tensor) else expected.logits
            assert torch.allclose(run_real(twin, x), expected, atol=1e-4, rtol=1e-4)
        found = differences(twin, backend.run, x)
        assert len(found) == len(program.steps)
        assert first_difference(found) is None
        assert sum(difference.elements for difference in found) > x.numel()
    return twin


class Unsupported(nn.Module):
    """An operator that has no law."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(FEATURES, 4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cumsum(self.head(x), dim=1)


class Twice(nn.Module):
    """One linear, called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        return self.shared(torch.relu(self.shared(x)))


class PostNorm(nn.Module):
    """A norm whose 16-bit result is read by a sum and by a linear, which takes 8 bits."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(FEATURES)
        self.inner = nn.Linear(FEATURES, FEATURES)
        self.head = nn.Linear(FEATURES, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        return self.head(y + torch.tanh(self.inner(y)))


class Norms(nn.Module):
    """Batch norms to fold into a convolution and into a linear, one alone, and a weight norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(FEATURES, 8, 3, padding="same")
        self.folded = nn.BatchNorm1d(8)
        self.alone = nn.BatchNorm1d(8)
        self.positional = nn.utils.parametrizations.weight_norm(nn.Conv1d(8, 8, 5, padding=2, groups=4))
        generator = torch.Generator().manual_seed(1)
        for norm in (self.folded, self.alone):
            norm.running_mean.normal_(generator=generator)
            norm.running_var.uniform_(0.5, 2.0, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.silu(self.folded(self.conv(x.transpose(1, 2))))
        return self.positional(functional.gelu(self.alone(y))).transpose(1, 2)


class Attention(nn.Module):
    """Attention by torch's own function, causal or not."""

    def __init__(self, *, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.project = nn.Linear(FEATURES, 3 * FEATURES)
        self.head = nn.Linear(FEATURES, 5)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, _ = x.shape
        mixed = self.project(x).view(batch, time, 3, 2, FEATURES // 2).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(mixed[0], mixed[1], mixed[2], is_causal=self.causal)
        return self.head(y.transpose(1, 2).reshape(batch, time, FEATURES))


class Positions(nn.Module):
    """A table of positions that is a slice of the longest one: from the front, or not at all."""

    def __init__(self, *, relative_to_length: bool) -> None:
        super().__init__()
        self.relative_to_length = relative_to_length
        self.head = nn.Linear(FEATURES, 5)

    def forward(self, x: Tensor) -> Tensor:
        time = x.shape[1]
        steps = torch.arange(time, device=x.device, dtype=torch.float32)[:, None]
        steps = steps / time if self.relative_to_length else steps * 0.1
        table = torch.sin(steps * torch.arange(1, FEATURES + 1, dtype=torch.float32))
        return self.head(x + table)


class Joined(nn.Module):
    """Two ranges in one concat, a product of two activations, subtraction, negation, and a slice."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Linear(FEATURES, 6)
        self.right = nn.Linear(FEATURES, 6)
        self.head = nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.left(x), 3.0 * self.right(x)
        both = torch.cat([a * b, -(a - b)], dim=-1)
        return self.head(both)[:, 1:, :]


class Bent(nn.Module):
    """A function behind a linear, over channels in the second axis where it asks for them."""

    def __init__(self, function: nn.Module) -> None:
        super().__init__()
        self.inner, self.function = nn.Linear(FEATURES, 6), function
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.function(self.inner(x).transpose(1, 2)).transpose(1, 2))


class RootMeanSquare(nn.Module):
    """An RMS norm written out, in one of the ways in which models write it."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inner = form, nn.Linear(FEATURES, 40)
        self.weight = nn.Parameter(torch.linspace(-0.5, 1.5, 40))
        self.head = nn.Linear(40, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.inner(x)
        if self.form == "rsqrt":
            y = x.to(torch.float32)
            y = self.weight * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-2)).to(x.dtype)
        elif self.form == "square root":
            y = x / torch.sqrt(torch.mean(x * x, dim=-1, keepdim=True) + 1e-2) * (1.0 + self.weight)
        else:
            y = (x.square().mean(2, keepdim=True) + 1e-2).pow(-0.5) * x
        return self.head(x + y)


class Grouped(nn.Module):
    """Attention of 6 heads whose keys and values are those of 2 groups, in one of the ways in which models write it."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.query, self.shared = nn.Linear(FEATURES, 24), nn.Linear(FEATURES, 16)
        self.head = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, _ = x.shape
        query = self.query(x).view(batch, time, 6, 4).transpose(1, 2)
        key, value = self.shared(x).view(batch, time, 2, 2, 4).permute(2, 0, 3, 1, 4)
        attention = functional.scaled_dot_product_attention
        if self.form == "enable_gqa":
            y = attention(query, key, value, enable_gqa=True)
        elif self.form == "repeat_interleave":
            y = attention(query, key.repeat_interleave(3, dim=1), value.repeat_interleave(3, dim=1))
        else:
            y = attention(query, *(self.expanded(each) for each in (key, value)), is_causal=True)
        return self.head(y.transpose(1, 2).reshape(batch, time, 24))

    def expanded(self, x: Tensor) -> Tensor:
        """Each group for its 3 heads."""
        batch, groups, time, width = x.shape
        return x[:, :, None].expand(batch, groups, 3, time, width).reshape(batch, 3 * groups, time, width)


class Specialised(nn.Module):
    """A model for one length only."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(FEATURES, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.reshape(-1, 141, FEATURES))


class WeightsFirst(nn.Module):
    """A softmax that is the right operand of its product."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        y = self.head(x)
        return y.transpose(1, 2) @ torch.softmax(y, dim=-1)


def codes_of(twin: TwinModel, x: Tensor) -> np.ndarray:
    """Codes of a model of twins."""
    with torch.no_grad():
        return twin.codes(x).numpy()
