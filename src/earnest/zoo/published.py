"""Families at the size of their published base models, up to some 100 million parameters, with random weights.

By the name that the family has at its tiny configuration; what has none was published larger, or not at all. Where a
configuration is not given, the defaults of its class are the published ones.
"""

from typing import Any

from earnest.models.hub.wrapped import features_last
from earnest.zoo.builders import MOST_TOKENS, ctc, decoder, encoder, transducer
from earnest.zoo.family import Family

_WHISPER: dict[str, Any] = {
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "max_target_positions": MOST_TOKENS,
}
_MOONSHINE = {
    "hidden_size": 416,
    "intermediate_size": 1664,
    "encoder_num_hidden_layers": 8,
    "decoder_num_hidden_layers": 8,
}
_FAST_CONFORMER = {
    "hidden_size": 512,
    "num_hidden_layers": 17,
    "intermediate_size": 2048,
    "num_mel_bins": 80,
    "initializer_range": 0.05,  # times the root of the width what the tiny one has: at 0.2 it amplifies noise by 43 dB
}


def _family(name: str, build: Any, features: int | None = None, **more: Any) -> Family:
    return Family(name=name, source="", build=build, features=features, **more)


def _decoder(name: str, build: Any, features: int | None = None, **more: Any) -> Family:
    return _family(name, build, features, most_tokens=MOST_TOKENS, **more)


PUBLISHED: dict[str, Family] = {
    "wav2vec2-base": _family("wav2vec2-base", ctc("Wav2Vec2")),
    "hubert": _family("hubert-base", ctc("Hubert")),
    "wavlm": _family("wavlm-base", ctc("WavLM")),
    "data2vec-audio": _family("data2vec-audio-base", ctc("Data2VecAudio")),
    "unispeech-sat": _family("unispeech-sat-base", ctc("UniSpeechSat")),
    "sew": _family("sew-defaults", ctc("SEW")),  # which are larger than any SEW that was published
    "parakeet-ctc": _family("fastconformer-large", ctc("Parakeet", encoder_config=_FAST_CONFORMER), 80),
    "parakeet-rnnt": _decoder(
        "fastconformer-transducer-large",
        transducer(
            "ParakeetForRNNT",
            vocab_size=1025,
            blank_token_id=1024,
            decoder_hidden_size=640,
            num_decoder_layers=1,
            encoder_config=_FAST_CONFORMER,
        ),
        80,
    ),
    "moonshine": _family("moonshine-base", encoder("Moonshine", _MOONSHINE), part="encoder"),
    "whisper": _family(
        "whisper-base", encoder("Whisper", _WHISPER, arrange=features_last), 80, part="encoder", frames=3000
    ),
    "speech2text": _family("speech2text-small", encoder("Speech2Text", {}), 80, part="encoder"),
    "speech2text-decoder": _decoder("speech2text-small", decoder("Speech2Text", {}, reads="input_features"), 80),
    "moonshine-decoder": _decoder("moonshine-base", decoder("Moonshine", _MOONSHINE, reads="input_values")),
    "whisper-decoder": _decoder(
        "whisper-base",
        decoder("Whisper", _WHISPER, reads="input_features", arrange=features_last),
        80,
        frames=3000,
    ),
}
