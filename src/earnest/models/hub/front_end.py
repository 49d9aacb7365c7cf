"""The front end that does what a feature extractor of `transformers` does, from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earnest.errors import CheckpointError, FileError
from earnest.models.hub.files import extractor_settings
from earnest.models.hub.wrapped import Arrange, features_last
from earnest.runtime.front_ends.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.front_ends.kaldi_fbank import KaldiFbank
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.runtime.front_ends.waveform import Waveform

VARIANCE_GUARD = "0.0000001"
"""That of the feature extractors of `transformers` that normalise samples or filter banks."""

WAVEFORM = "Wav2Vec2FeatureExtractor"
_RATE = 16_000


def front_end_from(folder: Path, model_type: str) -> tuple[FrontEnd, Arrange]:
    """The front end of a folder, and how features are turned for the model. Settings without the name of their
    extractor are those of the type of the model.

    CheckpointError: no settings, those of another extractor, or a setting that the front end does not have.
    """
    file, settings = extractor_settings(folder)
    kind = str(settings.get("feature_extractor_type", _named(model_type)))
    if kind not in EXTRACTORS:
        raise CheckpointError(
            f"{file}: expected feature_extractor_type one of {sorted(EXTRACTORS)}, got {kind[:60]!r}: its front "
            "end is not one that earnest has"
        )
    if settings.get("dither"):
        raise CheckpointError(f"{file}: expected dither 0, got {str(settings['dither'])[:20]}: no noise is added here")
    try:
        return EXTRACTORS[kind].front_end(settings), EXTRACTORS[kind].arrange
    except FileError as error:
        raise CheckpointError(f"{file}: {error}") from error


def _waveform(settings: Mapping[str, Any]) -> Waveform:
    if settings.get("feature_size", 1) != 1:
        raise FileError(f"expected a model of samples, feature_size 1, got {settings.get('feature_size')}")
    return Waveform(
        sample_rate=settings.get("sampling_rate", _RATE),
        normalised=settings.get("do_normalize", True),
        variance_guard=VARIANCE_GUARD,
    )


def _whisper(settings: Mapping[str, Any]) -> ClampedLogMel:
    rate = _integer(settings, "sampling_rate", _RATE)
    if settings.get("padding_value"):
        raise FileError(f"expected padding_value 0, silence, got {str(settings['padding_value'])[:20]}")
    return ClampedLogMel(
        sample_rate=rate,
        samples=_integer(settings, "chunk_length", 30) * rate,
        n_fft=settings.get("n_fft", 400),
        hop=settings.get("hop_length", 160),
        mels=settings.get("feature_size", 80),
        low_hz=0,
        high_hz=8_000,
    )


def _parakeet(settings: Mapping[str, Any]) -> LogMel:
    rate = _integer(settings, "sampling_rate", _RATE)
    return LogMel(
        sample_rate=rate,
        pre_emphasis=_decimal(settings.get("preemphasis", 0.97)),
        n_fft=settings.get("n_fft", 512),
        window=settings.get("win_length", 400),
        hop=settings.get("hop_length", 160),
        mels=settings.get("feature_size", 80),
        low_hz=0,
        high_hz=rate // 2,
        log_guard_bits=24,
        std_guard="0.00001",
    )


def _speech2text(settings: Mapping[str, Any]) -> KaldiFbank:
    normalised = settings.get("do_ceptral_normalize", True)
    return _kaldi(
        settings,
        centred=normalised and settings.get("normalize_means", True),
        scaled=normalised and settings.get("normalize_vars", True),
        unbiased=False,
        variance_guard="0",
        stacked=1,
    )


def _seamless(settings: Mapping[str, Any]) -> KaldiFbank:
    return _kaldi(
        settings,
        centred=True,
        scaled=True,
        unbiased=True,
        variance_guard=VARIANCE_GUARD,
        stacked=settings.get("stride", 2),
    )


def _kaldi(settings: Mapping[str, Any], **normalisation: Any) -> KaldiFbank:
    rate = _integer(settings, "sampling_rate", _RATE)
    return KaldiFbank(
        sample_rate=rate,
        pre_emphasis="0.97",
        n_fft=512,
        window=400,
        step=160,
        mels=settings.get("num_mel_bins", 80),
        low_hz=20,
        high_hz=rate // 2,
        **normalisation,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """What a feature extractor is here: its front end by its settings, the type of models whose settings leave its name
    out, and how features are turned for the model.
    """

    front_end: Callable[[Mapping[str, Any]], FrontEnd]
    of_type: str | None = None
    arrange: Arrange = None


EXTRACTORS = {
    "ParakeetFeatureExtractor": Extractor(front_end=_parakeet, of_type="parakeet_ctc"),
    "SeamlessM4TFeatureExtractor": Extractor(front_end=_seamless, of_type="wav2vec2-bert"),
    "Speech2TextFeatureExtractor": Extractor(front_end=_speech2text, of_type="speech_to_text"),
    WAVEFORM: Extractor(front_end=_waveform),
    "WhisperFeatureExtractor": Extractor(front_end=_whisper, of_type="whisper", arrange=features_last),
}
"""By the name that their settings give."""


def _named(model_type: str) -> str:
    """The extractor of a type of models."""
    return next((name for name, each in EXTRACTORS.items() if each.of_type == model_type), WAVEFORM)


def _integer(settings: Mapping[str, Any], key: str, default: int) -> int:
    value = settings.get(key, default)
    if type(value) is not int:
        raise FileError(f"expected {key} an integer, got {str(value)[:60]!r}")
    return value


def _decimal(value: Any) -> Any:
    """A real as the decimal string that a file holds; whatever is none goes on to be refused there."""
    return f"{value:.9f}".rstrip("0").rstrip(".") if isinstance(value, float | int) else value
