"""Families of recognisers at a tiny random configuration: classes of `transformers` and of torch itself.

Each is a module of one tensor in, [batch, time, features] or [batch, samples], and one out; a decoder reads tokens
[batch, tokens] as well. Weights are random, by a
fixed seed: what is asked is whether every operator has a twin, whether twin and program agree, and how large the error
of the codes is against the float model, not what is recognised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from earnest.errors import EarnestError
from earnest.lab.torch_modules import (
    GatedEncoder,
    GroupedEncoder,
    RecurrentEncoder,
    TorchAttention,
    TorchConformer,
    TorchDecoder,
    TorchEncoder,
)
from earnest.models.wrapped import Wrapped, WrappedDecoder, WrappedTransducer, features_last
from earnest.nn.model import Inputs

SEED = 0
LONGEST_SAMPLES, LONGEST_FRAMES = 64_000, 400
MOST_TOKENS, FRAMES_OF_A_TOKEN = 48, 8
"""Of a decoder: its greatest number of tokens, and how many frames there are for each in what it is measured on."""

SAMPLES_OF_A_FRAME = 40
"""Samples that stand for one frame in the lengths of these models: 2.5 ms, an eighth of what the real ones have."""

WIDTHS = {
    "vocab_size": 32,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
SPECIAL = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
STEM = {"conv_dim": (32,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
WITH_LAYER_NORM = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
SEQUENCE = {
    "vocab_size": 64,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How a family's module is made. `features` is None where it reads samples; `part` says what of the model it is."""

    name: str
    source: str
    build: Callable[[], nn.Module]
    features: int | None
    part: str = "all"
    frames: int | None = None
    most_tokens: int | None = None

    @property
    def longest(self) -> int:
        """The greatest time of the program, in frames or samples: what 4 s have, unless there is but one length."""
        return self.frames or (LONGEST_SAMPLES if self.features is None else LONGEST_FRAMES)

    def module(self) -> nn.Module:
        """The module in evaluation mode, its weights by the seed; the random state of the caller is kept."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return self.build().eval()

    def inputs(self, frames: tuple[int, ...], seed: int) -> list[Inputs]:
        """Normal inputs of one utterance each, of so many frames where the model takes them; and for a decoder a token
        for each few frames, none of them a special one.
        """
        generator = torch.Generator().manual_seed(seed)
        features = self._features(frames, generator)
        if self.most_tokens is None:
            return [*features]
        counts = [min(self.most_tokens, time // FRAMES_OF_A_TOKEN) for time in frames]
        classes = SEQUENCE["vocab_size"]
        return [
            (x, torch.randint(len(SPECIAL), classes, (1, count), generator=generator))
            for x, count in zip(features, counts, strict=True)
        ]

    def _features(self, frames: tuple[int, ...], generator: torch.Generator) -> list[Tensor]:
        if self.frames is not None:
            frames = (self.frames,) * len(frames)
        if self.features is None:
            return [torch.randn(1, time * SAMPLES_OF_A_FRAME, generator=generator) for time in frames]
        return [torch.randn(1, time, self.features, generator=generator) for time in frames]


def _hub() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise EarnestError("expected the package transformers, found none: pip install 'earnest[hub]'") from error
    return transformers


def ctc(name: str, **settings: Any) -> Callable[[], nn.Module]:
    """`<name>ForCTC` of `transformers`, with `<name>Config` or, of Parakeet, `<name>CTCConfig`."""

    def build() -> nn.Module:
        hub = _hub()
        config = getattr(hub, f"{name}Config", None) or getattr(hub, f"{name}CTCConfig")
        return Wrapped(getattr(hub, f"{name}ForCTC")(config(**settings)), "logits")

    return build


def encoder(
    name: str, settings: Mapping[str, Any], *, arrange: Callable[[Tensor], Tensor] | None = None
) -> Callable[[], nn.Module]:
    """The encoder of `<name>Model`: its last hidden state."""

    def build() -> nn.Module:
        hub = _hub()
        model = getattr(hub, f"{name}Model")(getattr(hub, f"{name}Config")(**settings))
        return Wrapped(model.encoder, "last_hidden_state", arrange=arrange)

    return build


def decoder(
    name: str, settings: Mapping[str, Any], *, reads: str, arrange: Callable[[Tensor], Tensor] | None = None
) -> Callable[[], nn.Module]:
    """`<name>ForConditionalGeneration`, encoder and decoder: logits of given tokens."""

    def build() -> nn.Module:
        hub = _hub()
        model = getattr(hub, f"{name}ForConditionalGeneration")(getattr(hub, f"{name}Config")(**settings))
        return WrappedDecoder(model, reads, arrange=arrange)

    return build


def transducer(name: str, **settings: Any) -> Callable[[], nn.Module]:
    """`<name>` of `transformers`, say ParakeetForRNNT: logits of given tokens at every frame. What LSTMs of random
    weights say of tokens, some hundredth of what is heard, is brought to a standard deviation of 1.
    """

    def build() -> nn.Module:
        hub = _hub()
        model = getattr(hub, name)(getattr(hub, f"{name.replace('For', '')}Config")(**settings))
        with torch.no_grad():
            model.decoder.decoder_projector.weight.div_(model.decoder(torch.arange(MOST_TOKENS)[None]).std())
        return WrappedTransducer(model)

    return build


_WAVE: Mapping[str, Any] = {**WIDTHS, **SPECIAL, **STEM}
_CONFORMER: Mapping[str, Any] = {**_WAVE, **WITH_LAYER_NORM, "conv_depthwise_kernel_size": 7}
_SEW = {"squeeze_factor": 2, "conv_stride": (5, *(2,) * 6), "conv_kernel": (10, 3, 3, 3, 3, 2, 2)}
_BERT = {"feature_projection_input_dim": 16, "conv_depthwise_kernel_size": 7}
_BERT_POSITIONS = {"left_max_position_embeddings": 8, "right_max_position_embeddings": 4}
_PARAKEET = {
    **{name: size for name, size in WIDTHS.items() if name != "vocab_size"},
    "conv_kernel_size": 7,
    "num_mel_bins": 16,
    "subsampling_conv_channels": 8,
    "initializer_range": 0.2,  # at 0.02 three convolutions leave 1e-8, of which the norm's eps leaves nothing
}
_TRANSDUCER = {
    "vocab_size": 65,
    "decoder_hidden_size": 64,
    "blank_token_id": 64,
    "pad_token_id": 0,
    "max_symbols_per_step": 3,
    "encoder_config": _PARAKEET,
}
_MOONSHINE = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 64,
    "encoder_num_hidden_layers": 2,
    "decoder_num_hidden_layers": 1,
    "encoder_num_attention_heads": 2,
    "decoder_num_attention_heads": 2,
}
START = {"decoder_start_token_id": 1}
_WHISPER = {**SEQUENCE, **START, "num_mel_bins": 16, "max_source_positions": 100}
_S2T = {**SEQUENCE, "conv_channels": 32, "input_feat_per_channel": 16, "max_source_positions": 2000}

_TABLE: tuple[tuple[str, str, Callable[[], nn.Module], int | None, str], ...] = (
    ("wav2vec2-large", "Wav2Vec2ForCTC, layer norm", ctc("Wav2Vec2", **_WAVE, **WITH_LAYER_NORM), None, "all"),
    ("wav2vec2-base", "Wav2Vec2ForCTC, group norm", ctc("Wav2Vec2", **_WAVE), None, "all"),
    (
        "data2vec-audio",
        "Data2VecAudioForCTC",
        ctc("Data2VecAudio", **{**_WAVE, "num_conv_pos_embeddings": 5}),
        None,
        "all",
    ),
    ("hubert", "HubertForCTC", ctc("Hubert", **_WAVE), None, "all"),
    ("unispeech-sat", "UniSpeechSatForCTC", ctc("UniSpeechSat", **_WAVE), None, "all"),
    ("sew", "SEWForCTC", ctc("SEW", **_WAVE, **_SEW), None, "all"),
    (
        "wav2vec2-conformer-relative",
        "Wav2Vec2ConformerForCTC, relative",
        ctc("Wav2Vec2Conformer", **_CONFORMER, position_embeddings_type="relative"),
        None,
        "all",
    ),
    (
        "wav2vec2-conformer-rotary",
        "Wav2Vec2ConformerForCTC, rotary",
        ctc("Wav2Vec2Conformer", **_CONFORMER, position_embeddings_type="rotary"),
        None,
        "all",
    ),
    ("wavlm", "WavLMForCTC", ctc("WavLM", **_WAVE, num_buckets=32, max_bucket_distance=80), None, "all"),
    (
        "w2v-bert",
        "Wav2Vec2BertForCTC",
        ctc("Wav2Vec2Bert", **WIDTHS, **SPECIAL, **_BERT, **_BERT_POSITIONS),
        16,
        "all",
    ),
    (
        "parakeet-ctc",
        "ParakeetForCTC",
        ctc("Parakeet", vocab_size=32, pad_token_id=0, encoder_config=_PARAKEET),
        16,
        "all",
    ),
    ("parakeet-rnnt", "ParakeetForRNNT", transducer("ParakeetForRNNT", **_TRANSDUCER), 16, "all"),
    ("parakeet-tdt", "ParakeetForTDT", transducer("ParakeetForTDT", **_TRANSDUCER), 16, "all"),
    ("torch-attention", "torch.nn.MultiheadAttention", TorchAttention, 16, "all"),
    ("torch-encoder", "torch.nn.TransformerEncoder", lambda: TorchEncoder(norm_first=False), 16, "all"),
    ("torch-encoder-pre", "the same, norm first", lambda: TorchEncoder(norm_first=True), 16, "all"),
    ("torch-conformer", "Conformer of torch.nn modules", TorchConformer, 16, "all"),
    ("torch-grouped", "RMSNorm, grouped keys, PReLU, Hardswish", GroupedEncoder, 16, "all"),
    ("torch-lstm", "torch.nn.LSTM, two layers both ways", RecurrentEncoder, 16, "all"),
    ("torch-gru", "torch.nn.GRU, residual sums, norms", GatedEncoder, 16, "all"),
    ("moonshine", "MoonshineModel", encoder("Moonshine", _MOONSHINE), None, "encoder"),
    (
        "whisper",
        "WhisperModel, 200 frames",
        encoder("Whisper", {**_WHISPER, **SPECIAL}, arrange=features_last),
        16,
        "encoder",
    ),
    ("speech2text", "Speech2TextModel", encoder("Speech2Text", {**_S2T, **SPECIAL}), 16, "encoder"),
    (
        "moonshine-decoder",
        "MoonshineForConditionalGeneration",
        decoder("Moonshine", {**_MOONSHINE, **SPECIAL, **START}, reads="input_values"),
        None,
        "all",
    ),
    (
        "whisper-decoder",
        "WhisperForConditionalGeneration, 200 frames",
        decoder(
            "Whisper",
            {**_WHISPER, **SPECIAL, "max_target_positions": MOST_TOKENS},
            reads="input_features",
            arrange=features_last,
        ),
        16,
        "all",
    ),
    (
        "speech2text-decoder",
        "Speech2TextForConditionalGeneration",
        decoder("Speech2Text", {**_S2T, **SPECIAL, **START}, reads="input_features"),
        16,
        "all",
    ),
    ("torch-decoder", "torch.nn.TransformerDecoder", lambda: TorchDecoder(norm_first=False), 16, "all"),
    ("torch-decoder-pre", "the same, norm first", lambda: TorchDecoder(norm_first=True), 16, "all"),
)

ONE_LENGTH = {"whisper": 200, "whisper-decoder": 200}
"""Families whose models take inputs of one length alone, which are filled up with silence."""

DECODERS = ("moonshine-decoder", "whisper-decoder", "speech2text-decoder", "torch-decoder", "torch-decoder-pre")
"""Families with a decoder, which reads tokens beside what is heard."""

TRANSDUCERS = ("parakeet-rnnt", "parakeet-tdt")
"""Families that join what is heard to what tokens say."""

FAMILIES: dict[str, Family] = {
    name: Family(
        name=name,
        source=source,
        build=build,
        features=features,
        part=part,
        frames=ONE_LENGTH.get(name),
        most_tokens=MOST_TOKENS if name in (*DECODERS, *TRANSDUCERS) else None,
    )
    for name, source, build, features, part in _TABLE
}
"""By the name that the documents use."""
