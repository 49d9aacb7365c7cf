"""The front ends of families at their tiny sizes: those of the feature extractors of their classes."""

from dataclasses import replace

from earnest.lab.families import TRANSDUCERS, Family
from earnest.runtime.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_end import NEMO_LOG_MEL
from earnest.runtime.front_ends import FrontEnd
from earnest.runtime.kaldi_fbank import KaldiFbank
from earnest.runtime.waveform import Waveform

WAVEFORM = Waveform(sample_rate=16_000, normalised=True, variance_guard="0.0000001")
_SPEECH2TEXT = KaldiFbank(
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

_OF_FEATURES: dict[str, FrontEnd] = {
    "w2v-bert": replace(_SPEECH2TEXT, mels=8, stacked=2, unbiased=True, variance_guard="0.0000001"),
    **dict.fromkeys(("parakeet-ctc", *TRANSDUCERS), replace(NEMO_LOG_MEL, mels=16)),
    "whisper-decoder": ClampedLogMel(
        sample_rate=16_000, samples=200 * 160, n_fft=400, hop=160, mels=16, low_hz=0, high_hz=8_000
    ),
    "speech2text-decoder": _SPEECH2TEXT,
}


def front_end_of_family(family: Family) -> FrontEnd | None:
    """None of a family that makes no text, and of one whose class comes without a feature extractor."""
    if family.part != "all":
        return None
    return WAVEFORM if family.features is None else _OF_FEATURES.get(family.name)
