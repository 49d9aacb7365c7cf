"""A Conformer-CTC in plain torch, whose parameter names are those of NVIDIA NeMo's checkpoints.

Subsampling by strided convolutions, then blocks of two half-step feed-forwards around attention and convolution
[Gulati 2020, arXiv:2005.08100, eq. 1 and fig. 1-4]:

    x' = x + FFN(x) / 2,   x'' = x' + MHSA(x'),   x''' = x'' + Conv(x''),   y = LayerNorm(x''' + FFN(x''') / 2)

Attention has relative positions [Dai 2019, arXiv:1901.02860, sec. 3.3], with query q, key k, value v, head width d, the
projected sinusoid p of a distance and two trained biases u and w (in the checkpoint `pos_bias_u` and `pos_bias_v`):

    score[i, j] = ((q_i + u) . k_j + (q_i + w) . p_(i-j)) / sqrt(d),   out_i = sum_j softmax_j(score[i, j]) v_j

The head is linear; its logits come without softmax, which belongs to the loss or the decoding.

Variants, of which no checkpoint of NeMo is one, that are said to be easier to quantize (box/architectures.md):

    activation  silu, hard-swish [Howard 2019, arXiv:1905.02244] or relu
    norm        of the blocks: layer, or batch, whose statistics are constants when the model listens
    attention   gated: sigmoid(W x + b) out, a number for each frame and head; clipped: the softmax is
                clamp(1.02 softmax - 0.02, 0, 1), so that a head can say nothing    [Bondarenko 2023, arXiv:2306.12929]
    bound       every sum of the residual stream is clamped to -bound .. bound
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from earnest.errors import AudioError
from earnest.models.conformer.config import ConformerConfig

Features = Float[Tensor, "batch time features"]
Frames = Float[Tensor, "batch frames width"]
Positions = Float[Tensor, "positions width"]
PositionScores = Float[Tensor, "batch heads frames positions"]
KeyScores = Float[Tensor, "batch heads frames frames"]
Logits = Float[Tensor, "batch frames classes"]


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"silu": nn.SiLU, "hard-swish": nn.Hardswish, "relu": nn.ReLU}

OPEN = 2.0
"""Where the bias of a gate begins: sigmoid(2) is 0.88."""

BELOW = 0.02
"""How far clipped softmax reaches below 0."""


def sinusoids(max_frames: int, width: int) -> Positions:
    """Rows for the distances max_frames-1 down to -(max_frames-1), sine and cosine interleaved [Dai 2019, sec. 3.3]."""
    distances = torch.arange(max_frames - 1, -max_frames, -1, dtype=torch.float32)
    frequencies = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10000.0) / width))
    angles = distances[:, None] * frequencies
    return torch.stack((angles.sin(), angles.cos()), dim=2).reshape(2 * max_frames - 1, width)


class Subsampling(nn.Module):
    """Convolutions 3x3 of stride 2 with ReLU over time and frequency, then one linear over channels x frequencies."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index in range(config.strides):
            inputs = config.channels if index else 1
            layers += [nn.Conv2d(inputs, config.channels, kernel_size=3, stride=2, padding=1), nn.ReLU()]
        self.conv = nn.Sequential(*layers)
        self.out = nn.Linear(config.channels * config.subsampled(config.features), config.width)

    def forward(self, features: Features) -> Frames:
        """Embeddings of a frame for every `subsampling` feature frames."""
        planes = self.conv(features.unsqueeze(1))
        return self.out(planes.transpose(1, 2).flatten(2))


class RelativePositions(nn.Module):
    """Scales its input by sqrt(width) where the config says so, and slices the table of sinusoids to its length.

    The table depends on no data, so it is a buffer that no checkpoint holds. Raises AudioError beyond `max_frames`.
    """

    pe: Tensor

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.max_frames = config.subsampled(config.max_frames)
        self.scale = math.sqrt(config.width) if config.xscaling else None
        self.dropout = nn.Dropout(config.dropout)
        self.register_buffer("pe", sinusoids(self.max_frames, config.width), persistent=False)

    def forward(self, x: Frames) -> tuple[Frames, Positions]:
        """The scaled embeddings, and the sinusoids of their distances in descending order."""
        frames = x.shape[1]
        if frames > self.max_frames:
            message = f"at most {self.max_frames} encoder frames, got {frames}: cut the recording into shorter ones"
            raise AudioError(message)
        positions = self.pe[self.max_frames - frames : self.max_frames + frames - 1]
        return self.dropout(x if self.scale is None else x * self.scale), positions


class FeedForward(nn.Module):
    """Linear, activation, dropout, linear [Gulati 2020, fig. 4]; its layer norm stands in the block."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.linear1 = nn.Linear(config.width, config.feed_forward)
        self.activation = ACTIVATIONS[config.activation]()
        self.dropout = nn.Dropout(config.dropout)
        self.linear2 = nn.Linear(config.feed_forward, config.width)

    def forward(self, x: Frames) -> Frames:
        """Each frame on its own."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class RelativeAttention(nn.Module):
    """Multi-head self-attention over relative positions, with the equation of this file's docstring."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.head_width = config.width // config.heads
        self.linear_q = nn.Linear(config.width, config.width)
        self.linear_k = nn.Linear(config.width, config.width)
        self.linear_v = nn.Linear(config.width, config.width)
        self.linear_out = nn.Linear(config.width, config.width)
        self.linear_pos = nn.Linear(config.width, config.width, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(self.heads, self.head_width))
        self.pos_bias_v = nn.Parameter(torch.zeros(self.heads, self.head_width))
        self.clipped = config.attention == "clipped"
        self.gate = nn.Linear(config.width, config.heads) if config.attention == "gated" else None
        if self.gate is not None:
            nn.init.constant_(self.gate.bias, OPEN)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Frames, positions: Positions) -> Frames:
        """Every frame attends to every frame."""
        batch, frames, width = x.shape
        split = (batch, frames, self.heads, self.head_width)
        query = self.linear_q(x).view(split)
        key = self.linear_k(x).view(split).permute(0, 2, 3, 1)
        value = self.linear_v(x).view(split).transpose(1, 2)
        distance = self.linear_pos(positions).view(-1, self.heads, self.head_width).permute(1, 2, 0)
        content = torch.matmul((query + self.pos_bias_u).transpose(1, 2), key)
        position = relative_shift(torch.matmul((query + self.pos_bias_v).transpose(1, 2), distance))
        scores = (content + position) * (1 / math.sqrt(self.head_width))
        weights = torch.softmax(scores, dim=-1)
        if self.clipped:
            weights = ((1 + BELOW) * weights - BELOW).clamp(0.0, 1.0)
        heads = torch.matmul(self.dropout(weights), value)
        if self.gate is not None:
            heads = heads * torch.sigmoid(self.gate(x)).transpose(1, 2).unsqueeze(-1)
        return self.linear_out(heads.transpose(1, 2).reshape(batch, frames, width))


def relative_shift(scores: PositionScores) -> KeyScores:
    """Of the scores by query and descending distance, the ones by query and key: out[i, j] = scores[i, T-1-(i-j)].

    One column in front and one row off the reshaped block turn row i by T-1-i places [Dai 2019, app. B].
    """
    batch, heads, frames, positions = scores.shape
    padded = nn.functional.pad(scores, (1, 0))
    turned = padded.view(batch, heads, positions + 1, frames)[..., 1:, :]
    return turned.view(batch, heads, frames, positions)[..., :frames]


class ConvolutionModule(nn.Module):
    """Pointwise with gated linear unit, depthwise, batch norm, activation, pointwise [Gulati 2020, fig. 2]."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        width = config.width
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, kernel_size=1)
        self.depthwise_conv = nn.Conv1d(width, width, config.kernel, padding=config.kernel // 2, groups=width)
        self.batch_norm = nn.BatchNorm1d(width, eps=config.eps)
        self.activation = ACTIVATIONS[config.activation]()
        self.pointwise_conv2 = nn.Conv1d(width, width, kernel_size=1)

    def forward(self, x: Frames) -> Frames:
        """Each channel over time, zeros outside the utterance."""
        gated = nn.functional.glu(self.pointwise_conv1(x.transpose(1, 2)), dim=1)
        mixed = self.activation(self.batch_norm(self.depthwise_conv(gated)))
        return self.pointwise_conv2(mixed).transpose(1, 2)


class FrameBatchNorm(nn.BatchNorm1d):
    """Batch norm of frames, [batch, time, width]."""

    def forward(self, input: Frames) -> Frames:  # noqa: A002
        """Each channel by the statistics of all frames."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


class ConformerBlock(nn.Module):
    """Half-step feed-forward, attention, convolution, half-step feed-forward, norm [Gulati 2020, eq. 1]."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        norm = FrameBatchNorm if config.norm == "batch" else nn.LayerNorm
        self.bound = config.bound
        self.norm_feed_forward1 = norm(config.width, eps=config.eps)
        self.feed_forward1 = FeedForward(config)
        self.norm_self_att = norm(config.width, eps=config.eps)
        self.self_attn = RelativeAttention(config)
        self.norm_conv = norm(config.width, eps=config.eps)
        self.conv = ConvolutionModule(config)
        self.norm_feed_forward2 = norm(config.width, eps=config.eps)
        self.feed_forward2 = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)
        self.norm_out = norm(config.width, eps=config.eps)

    def forward(self, x: Frames, positions: Positions) -> Frames:
        """The four steps of eq. 1."""
        x = self._bounded(x + 0.5 * self.dropout(self.feed_forward1(self.norm_feed_forward1(x))))
        x = self._bounded(x + self.dropout(self.self_attn(self.norm_self_att(x), positions)))
        x = self._bounded(x + self.dropout(self.conv(self.norm_conv(x))))
        x = self._bounded(x + 0.5 * self.dropout(self.feed_forward2(self.norm_feed_forward2(x))))
        return self.norm_out(x)

    def _bounded(self, x: Frames) -> Frames:
        return x if self.bound is None else x.clamp(-self.bound, self.bound)


class Encoder(nn.Module):
    """Subsampling, positions, blocks."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.pre_encode = Subsampling(config)
        self.pos_enc = RelativePositions(config)
        self.layers = nn.ModuleList(ConformerBlock(config) for _ in range(config.layers))

    def forward(self, features: Features) -> Frames:
        """Features to encoded frames."""
        x, positions = self.pos_enc(self.pre_encode(features))
        for layer in self.layers:
            x = layer(x, positions)
        return x


class Decoder(nn.Module):
    """The linear head of CTC: a pointwise convolution, as the checkpoints hold it."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.decoder_layers = nn.Sequential(nn.Conv1d(config.width, config.classes, kernel_size=1))

    def forward(self, x: Frames) -> Logits:
        """Encoded frames to logits."""
        return self.decoder_layers(x.transpose(1, 2)).transpose(1, 2)


class Conformer(nn.Module):
    """Conformer-CTC: normalised log-mel features of equal length to logits, one frame for `subsampling` of them.

    There are no masks: a call takes one utterance, or several of one length. Raises AudioError beyond `max_frames`.
    """

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def forward(self, features: Features) -> Logits:
        """Features to logits."""
        return self.decoder(self.encoder(features))
