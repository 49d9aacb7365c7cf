"""Recognisers made of torch's own modules, for families of `families.py`: attention, encoder, decoder, Conformer, a
transformer with RMS norm, keys of groups of heads and a hard-swish feed-forward, and recurrent encoders.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, CLASSES, TOKENS = 16, 2, 8, 64
"""Of these modules: channels, heads, classes of a head, and tokens of a decoder."""


class TorchEncoder(nn.Module):
    """torch's own `TransformerEncoder`, which calls its `MultiheadAttention`, and a head."""

    def __init__(self, *, norm_first: bool) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 2, 32, batch_first=True, norm_first=norm_first, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of [batch, time, 16]."""
        return self.head(self.encoder(features))


class TorchAttention(nn.Module):
    """torch's own `MultiheadAttention` between a residual sum and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of [batch, time, 16]."""
        mixed, _ = self.attention(features, features, features, need_weights=False)
        return self.head(self.norm(features + mixed))


class TorchDecoder(nn.Module):
    """torch's own `TransformerDecoderLayer` over tokens, and over what an encoder layer makes of the features."""

    def __init__(self, *, norm_first: bool) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, 32, batch_first=True, norm_first=norm_first)
        self.embedding = nn.Embedding(TOKENS, WIDTH)
        layer = nn.TransformerDecoderLayer(WIDTH, HEADS, 32, batch_first=True, norm_first=norm_first)
        self.decoder = nn.TransformerDecoder(layer, 2, norm=nn.LayerNorm(WIDTH) if norm_first else None)
        self.head = nn.Linear(WIDTH, TOKENS)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Logits of each of [batch, tokens], after [batch, time, 16]."""
        count = tokens.shape[1]
        mask = torch.full((count, count), float("-inf")).triu(1)
        encoded = self.encoder(features)
        return self.head(self.decoder(self.embedding(tokens), encoded, tgt_mask=mask, tgt_is_causal=True))


class ConvolutionModule(nn.Module):
    """Norm, pointwise convolution and gate, depthwise convolution, batch norm, SiLU, pointwise convolution, over
    [batch, time, channels] [Gulati 2020, arXiv:2005.08100, fig. 2].
    """

    def __init__(self, taps: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.Sequential(
            nn.Conv1d(WIDTH, 2 * WIDTH, 1),
            nn.GLU(dim=1),
            nn.Conv1d(WIDTH, WIDTH, taps, padding=taps // 2, groups=WIDTH),
            nn.BatchNorm1d(WIDTH),
            nn.SiLU(),
            nn.Conv1d(WIDTH, WIDTH, 1),
            nn.Dropout(0.1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return self.layers(self.norm(x).transpose(1, 2)).transpose(1, 2)


def feed_forward() -> nn.Sequential:
    """Norm, linear, SiLU, linear."""
    wide = 4 * WIDTH
    return nn.Sequential(
        nn.LayerNorm(WIDTH), nn.Linear(WIDTH, wide), nn.SiLU(), nn.Dropout(0.1), nn.Linear(wide, WIDTH), nn.Dropout(0.1)
    )


class ConformerLayer(nn.Module):
    """Half a feed-forward, attention, convolution, half a feed-forward, norm, over [time, batch, channels]; torch's own
    attention has no relative positions.
    """

    def __init__(self, taps: int) -> None:
        super().__init__()
        self.first, self.last = feed_forward(), feed_forward()
        self.attention_norm, self.norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, dropout=0.1)
        self.convolution = ConvolutionModule(taps)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        x = 0.5 * self.first(x) + x
        y = self.attention_norm(x)
        mixed, _ = self.attention(query=y, key=y, value=y, need_weights=False)
        x = x + mixed
        x = x + self.convolution(x.transpose(0, 1)).transpose(0, 1)
        return self.norm(0.5 * self.last(x) + x)


class TorchConformer(nn.Module):
    """Conformer layers of torch's own modules, time first inside, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ConformerLayer(7) for _ in range(2))
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of [batch, time, 16]."""
        x = features.transpose(0, 1)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.transpose(0, 1))


class GroupedLayer(nn.Module):
    """RMS norm, attention of 4 heads with keys and values of 2 groups, and a feed-forward of hard swish."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm, self.norm = nn.RMSNorm(WIDTH), nn.RMSNorm(WIDTH)
        self.query, self.shared = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.out, self.slope = nn.Linear(WIDTH, WIDTH), nn.PReLU()
        self.inner, self.outer = nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, [batch, time, 16]."""
        batch, time, _ = x.shape
        y = self.attention_norm(x)
        query = self.query(y).view(batch, time, 4, 4).transpose(1, 2)
        key, value = (part.transpose(1, 2) for part in self.shared(y).view(batch, time, 4, 4).chunk(2, dim=2))
        mixed = functional.scaled_dot_product_attention(query, key, value, enable_gqa=True)
        x = x + self.slope(self.out(mixed.transpose(1, 2).reshape(batch, time, WIDTH)))
        return x + self.outer(functional.hardswish(self.inner(self.norm(x))))


class GroupedEncoder(nn.Module):
    """Two such layers, a norm and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(GroupedLayer(), GroupedLayer())
        self.norm, self.head = nn.RMSNorm(WIDTH), nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of [batch, time, 16]."""
        return self.head(self.norm(self.layers(features)))


class RecurrentEncoder(nn.Module):
    """A strided convolution, two layers of LSTM in both directions, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Conv1d(WIDTH, 32, 3, stride=2, padding=1)
        self.memory = nn.LSTM(32, 32, num_layers=2, dropout=0.1, bidirectional=True, batch_first=True)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of [batch, time, 16], half as many."""
        x = functional.relu(self.front(features.transpose(1, 2))).transpose(1, 2)
        return self.head(self.memory(x)[0])


class GatedEncoder(nn.Module):
    """Layers of GRU, time first, each with a residual sum and a norm, and a head: one direction, as a predictor."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(WIDTH, 32)
        self.memories = nn.ModuleList(nn.GRU(32, 32) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(32) for _ in range(2))
        self.head = nn.Linear(32, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of [batch, time, 16]."""
        x = self.inner(features).transpose(0, 1)
        for memory, norm in zip(self.memories, self.norms, strict=True):
            x = norm(x + memory(x)[0])
        return self.head(x.transpose(0, 1))
