"""The shape of a Conformer-CTC, and which variant of the architecture it is (models.conformer)."""

from dataclasses import dataclass
from typing import Literal, get_args

from earnest.errors import CheckpointError

Activation = Literal["silu", "hard-swish", "relu"]
Norm = Literal["layer", "batch"]
Attention = Literal["plain", "gated", "clipped"]

LARGEST_BOUND = 1e30
"""Of the residual stream: within float32."""

VARIANT_KEYS = ("activation", "norm", "attention", "bound")
"""What says which variant of the architecture it is, and no shape shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformerConfig:
    """Shape of a Conformer-CTC; the defaults are NeMo's `stt_en_conformer_ctc_small`.

    `feed_forward` is the inner width, `kernel` the taps of the depthwise convolution, `subsampling` the product of the
    strides in time, `classes` counts the blank, `max_frames` is in feature frames (10 ms each): longer input is
    refused. Raises CheckpointError for a shape that no Conformer has.
    """

    features: int = 80
    width: int = 176
    layers: int = 16
    heads: int = 4
    feed_forward: int = 704
    kernel: int = 31
    channels: int = 176
    subsampling: int = 4
    classes: int = 1025
    xscaling: bool = True
    max_frames: int = 6000
    eps: float = 1e-5
    dropout: float = 0.1
    activation: Activation = "silu"
    norm: Norm = "layer"
    attention: Attention = "plain"
    bound: float | None = None

    def __post_init__(self) -> None:
        sizes = ("features", "width", "layers", "heads", "feed_forward", "kernel", "channels", "classes", "max_frames")
        for name in sizes:
            if getattr(self, name) < 1:
                raise CheckpointError(f"Conformer {name}: expected at least 1, got {getattr(self, name)}")
        if self.width % self.heads or self.width % 2:
            message = f"Conformer width: expected an even multiple of heads={self.heads}, got {self.width}"
            raise CheckpointError(message)
        if self.kernel % 2 == 0:
            raise CheckpointError(f"Conformer kernel: expected an odd number of taps, got {self.kernel}")
        if self.subsampling < 2 or self.subsampling & (self.subsampling - 1):
            raise CheckpointError(f"Conformer subsampling: expected a power of 2 from 2, got {self.subsampling}")
        if not 0 <= self.dropout < 1:
            raise CheckpointError(f"Conformer dropout: expected a probability below 1, got {self.dropout}")
        for name, known in (("activation", Activation), ("norm", Norm), ("attention", Attention)):
            if getattr(self, name) not in get_args(known):
                got = f"{getattr(self, name)!r:.40}"
                raise CheckpointError(f"Conformer {name}: expected one of {get_args(known)}, got {got}")
        if self.bound is not None and not (type(self.bound) in (int, float) and 0 < self.bound <= LARGEST_BOUND):
            raise CheckpointError(f"Conformer bound: expected a number above 0, to 1e30, got {self.bound!r:.40}")

    @property
    def strides(self) -> int:
        """Number of convolutions of stride 2 in the subsampling."""
        return self.subsampling.bit_length() - 1

    def subsampled(self, length: int) -> int:
        """Length of an axis (time or frequency) of `length` >= 1 after the subsampling: halved and rounded up."""
        return -(-length // self.subsampling)
