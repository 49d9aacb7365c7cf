"""What may stand in the YAML of a `.nemo` Conformer-CTC, and what it means here.

Read by a list of what is legal: a setting is taken over, or has to have the value under which this recogniser computes
the same, or matters for training only; any other is refused by its name, since what it would change is not known.
"""

import math
import reprlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from earnest.errors import CheckpointError
from earnest.models.conformer.config import ConformerConfig
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.runtime.text import Tokens

BLANK = "<blk>"
STD_GUARD = "0.00001"  # a constant of NeMo's, no setting

Values = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the YAML and its name; every error names the setting in full."""

    where: str
    name: str
    settings: Any

    def __post_init__(self) -> None:
        if not isinstance(self.settings, dict):
            raise CheckpointError(f"{self.where}: {self.name or 'top'}: expected a section, got {short(self.settings)}")

    def section(self, name: str) -> "Section":
        """A section inside this one."""
        return Section(self.where, name, self.settings.get(name))

    def path(self, name: str) -> str:
        """The setting's full name."""
        return f"{self.name}.{name}" if self.name else name

    def require(self, name: str, *values: object) -> None:
        """Refuse a setting unless it has one of these values, of the same type (1 is not True)."""
        value = self.settings.get(name)
        if not any(type(value) is type(one) and value == one for one in values):
            got = f"{self.where}: {self.path(name)}: got {short(value)}"
            raise CheckpointError(f"{got}, which is not supported; expected {' or '.join(map(repr, values))}")

    def require_class(self, name: str, expected: str) -> None:
        """Refuse a setting that names a Python class other than the expected one, in whatever package."""
        value = self.settings.get(name, expected)
        if not isinstance(value, str) or value.rpartition(".")[2] != expected:
            got = f"{self.where}: {self.path(name)}: got {short(value)}"
            raise CheckpointError(f"{got}, which is not supported; expected {expected}")

    def legal(self, taken: Collection[str], required: Mapping[str, Values], free: Collection[str]) -> None:
        """Refuse every setting but those taken over, those `required` to have a harmless value, and those `free`."""
        for name in self.settings:
            if name not in taken and name not in required and name not in free and name != "_target_":
                raise CheckpointError(
                    f"{self.where}: {self.path(short(name))}: expected no such setting, it is not known"
                )
        for name, values in required.items():
            if name in self.settings:
                self.require(name, *values)

    def integer(self, name: str, default: int | None) -> int:
        """An integer setting; None as default means that it has to be there."""
        value = self.settings.get(name)
        value = default if value is None else value
        if type(value) is not int or abs(value) > 1 << 30:
            raise CheckpointError(f"{self.where}: {self.path(name)}: expected an integer, got {short(value)}")
        return value

    def real(self, name: str, default: float) -> float:
        """A real setting; YAML 1.1 reads `1e-05` as a word, so words that are numbers count."""
        value = self.settings.get(name)
        value = default if value is None else value
        try:
            number = float(value) if type(value) in {int, float, str} else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if not abs(number) < 1e6:
            raise CheckpointError(f"{self.where}: {self.path(name)}: expected a number below 1e6, got {short(value)}")
        return number


def short(value: object) -> str:
    """A value for a message; a YAML of aliases inside aliases must not unfold here."""
    return value[:80] if isinstance(value, str) else reprlib.repr(value)


def read_config(encoder: Section, *, classes: int, features: int) -> ConformerConfig:
    """The Conformer that the section `encoder` describes; NeMo's own defaults where a setting is absent."""
    width = encoder.integer("d_model", None)
    kernel = encoder.integer("conv_kernel_size", 31)
    channels = encoder.integer("subsampling_conv_channels", -1)
    required: dict[str, Values] = {
        "feat_in": (features,),
        "feat_out": (-1, width),
        "subsampling": ("striding",),
        "causal_downsampling": (False,),
        "reduction": (None,),
        "self_attention_model": ("rel_pos",),
        "att_context_size": (None, [-1, -1], [[-1, -1]]),
        "att_context_style": ("regular",),
        "xscaling": (True, False),
        "untie_biases": (True,),
        "conv_norm_type": ("batch_norm",),
        "conv_context_size": (None, [kernel // 2, kernel // 2]),
        "use_bias": (True,),
        "global_tokens": (0,),
    }
    taken = ("n_layers", "d_model", "n_heads", "subsampling_factor", "subsampling_conv_channels")
    taken += ("ff_expansion_factor", "conv_kernel_size", "dropout")
    free = ("dropout_pre_encoder", "dropout_emb", "dropout_att", "pos_emb_max_len", "att_context_probs")
    free += ("reduction_position", "reduction_factor", "subsampling_conv_chunking_factor", "global_tokens_spacing")
    free += ("global_attn_separate", "use_pytorch_sdpa", "use_pytorch_sdpa_backends", "sync_max_audio_length")
    free += ("stochastic_depth_drop_prob", "stochastic_depth_mode", "stochastic_depth_start_layer")
    encoder.require_class("_target_", "ConformerEncoder")
    encoder.legal(taken, required, free)
    return ConformerConfig(
        features=features,
        width=width,
        layers=encoder.integer("n_layers", None),
        heads=encoder.integer("n_heads", 4),
        feed_forward=width * encoder.integer("ff_expansion_factor", 4),
        kernel=kernel,
        channels=width if channels == -1 else channels,
        subsampling=encoder.integer("subsampling_factor", 4),
        classes=classes,
        xscaling=encoder.settings.get("xscaling", True),
        dropout=encoder.real("dropout", 0.1),
    )


def read_front_end(preprocessor: Section) -> LogMel:
    """The log-mel front end of the section `preprocessor`, lengths in samples; dither and padding are for training."""
    rate = preprocessor.integer("sample_rate", 16_000)
    required: dict[str, Values] = {
        "n_window_size": (None,),
        "n_window_stride": (None,),
        "window": ("hann",),
        "normalize": ("per_feature",),
        "log": (True,),
        "log_zero_guard_type": ("add",),
        "frame_splicing": (1,),
        "exact_pad": (False,),
        "mag_power": (2, 2.0),
        "mel_norm": ("slaney",),
        "use_torchaudio": (False,),
        "stft_exact_pad": (False,),
        "stft_conv": (False,),
    }
    taken = ("sample_rate", "window_size", "window_stride", "n_fft", "preemph", "features", "lowfreq", "highfreq")
    taken += ("log_zero_guard_value",)
    free = ("dither", "pad_to", "pad_value", "rng", "nb_augmentation_prob", "nb_max_freq")
    preprocessor.require_class("_target_", "AudioToMelSpectrogramPreprocessor")
    preprocessor.legal(taken, required, free)
    window = int(preprocessor.real("window_size", 0.02) * rate)
    guard = -math.log2(max(preprocessor.real("log_zero_guard_value", 2.0**-24), 2.0**-1000))
    if guard != int(guard):
        raise CheckpointError(f"{preprocessor.where}: preprocessor.log_zero_guard_value: expected a power of 2")
    unemphasised = "preemph" in preprocessor.settings and preprocessor.settings["preemph"] is None
    emphasis = 0.0 if unemphasised else preprocessor.real("preemph", 0.97)
    return LogMel(
        sample_rate=rate,
        pre_emphasis=format(Decimal(str(emphasis)).normalize(), "f"),
        n_fft=preprocessor.integer("n_fft", 1 << (window - 1).bit_length()),
        window=window,
        hop=int(preprocessor.real("window_stride", 0.01) * rate),
        mels=preprocessor.integer("features", 64),
        low_hz=preprocessor.integer("lowfreq", 0),
        high_hz=preprocessor.integer("highfreq", rate // 2),
        log_guard_bits=int(guard),
        std_guard=STD_GUARD,
    )


def read_tokens(decoder: Section) -> Tokens:
    """The pieces of `decoder.vocabulary`, which NeMo fills from its SentencePiece model, and the blank last."""
    pieces = decoder.settings.get("vocabulary")
    if not isinstance(pieces, list) or not pieces or not all(isinstance(piece, str) for piece in pieces):
        got = short(pieces)
        raise CheckpointError(f"{decoder.where}: decoder.vocabulary: expected a list of pieces, got {got}")
    required: dict[str, Values] = {
        "num_classes": (-1, len(pieces)),
        "add_blank": (True,),
    }
    decoder.require_class("_target_", "ConvASRDecoder")
    decoder.legal(("vocabulary",), required, ("feat_in", "init_mode"))
    return Tokens(pieces=(*pieces, BLANK))
