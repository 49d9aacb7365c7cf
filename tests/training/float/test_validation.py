"""Word errors of a model on features are those of its transcripts."""

from pathlib import Path

from earnest.models import load
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.speech.librispeech import read_split
from earnest.training.data.features import cached_features
from earnest.training.float.validation import word_errors
from synthetic import TinyWorld


def test_a_model_that_is_silent_deletes_every_word(tiny_world: TinyWorld, tmp_path: Path) -> None:
    features = cached_features(read_split(tiny_world.data, transcripts="required"), NEMO_LOG_MEL, tmp_path)
    model = load(tiny_world.model)
    spoken = sum(len((utterance.text or "").split()) for utterance in features.utterances)
    assert word_errors(model, features).words == spoken
    head = model.module.decoder.decoder_layers[0].bias.data
    head[model.tokens.blank] = 1e6
    silent = word_errors(model, features)
    assert (silent.deletions, silent.substitutions, silent.insertions) == (spoken, 0, 0)
