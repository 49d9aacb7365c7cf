"""Tiny configurations of classes of `transformers`, and the front ends of their feature extractors at these sizes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from earnest.runtime.front_ends.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_ends.kaldi_fbank import KaldiFbank
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.runtime.front_ends.waveform import Waveform
from earnest.zoo.family import TOKENS

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
    "vocab_size": TOKENS,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
}
WAVE: Mapping[str, Any] = {**WIDTHS, **SPECIAL, **STEM}
CONFORMER: Mapping[str, Any] = {**WAVE, **WITH_LAYER_NORM, "conv_depthwise_kernel_size": 7}
SEW = {"squeeze_factor": 2, "conv_stride": (5, *(2,) * 6), "conv_kernel": (10, 3, 3, 3, 3, 2, 2)}
BERT = {"feature_projection_input_dim": 16, "conv_depthwise_kernel_size": 7}
BERT_POSITIONS = {"left_max_position_embeddings": 8, "right_max_position_embeddings": 4}
PARAKEET = {
    **{name: size for name, size in WIDTHS.items() if name != "vocab_size"},
    "conv_kernel_size": 7,
    "num_mel_bins": 16,
    "subsampling_conv_channels": 8,
    "initializer_range": 0.2,  # at 0.02 three convolutions leave 1e-8, of which the norm's eps leaves nothing
}
TRANSDUCER = {
    "vocab_size": 65,
    "decoder_hidden_size": 64,
    "blank_token_id": 64,
    "pad_token_id": 0,
    "max_symbols_per_step": 3,
    "encoder_config": PARAKEET,
}
MOONSHINE = {
    "vocab_size": TOKENS,
    "hidden_size": 32,
    "intermediate_size": 64,
    "encoder_num_hidden_layers": 2,
    "decoder_num_hidden_layers": 1,
    "encoder_num_attention_heads": 2,
    "decoder_num_attention_heads": 2,
}
START = {"decoder_start_token_id": 1}
WHISPER = {**SEQUENCE, **START, "num_mel_bins": 16, "max_source_positions": 100}
S2T = {**SEQUENCE, "conv_channels": 32, "input_feat_per_channel": 16, "max_source_positions": 2000}

WAVEFORM = Waveform(sample_rate=16_000, normalised=True, variance_guard="0.0000001")
FBANK = KaldiFbank(
    sample_rate=16_000,
    pre_emphasis="0.97",
    n_fft=512,
    window=400,
    step=160,
    mels=16,
    low_hz=20,
    high_hz=8_000,
    centred=True,
    scaled=True,
    unbiased=False,
    variance_guard="0",
    stacked=1,
)
STACKED_FBANK = replace(FBANK, mels=8, stacked=2, unbiased=True, variance_guard="0.0000001")
LOG_MEL = replace(NEMO_LOG_MEL, mels=16)
WHISPER_LOG_MEL = ClampedLogMel(
    sample_rate=16_000, samples=200 * 160, n_fft=400, hop=160, mels=16, low_hz=0, high_hz=8_000
)
