"""Folders of CTC models that read features, W2v-BERT and Parakeet: logits, tokens and front end are those of
`transformers`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from earnest.errors import CheckpointError
from earnest.models import load
from earnest.models.hub.files import PROCESSOR, TOKENIZER, VOCABULARY
from earnest.models.transcription import recognized
from earnest.runtime.text import UNKNOWN, WORD_START
from earnest.zoo.families import FAMILIES
from synthetic import RATE, tone

transformers: Any = pytest.importorskip("transformers")

CLASSES = 32
LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVKXJQZ'"]


def w2v_bert(folder: Path) -> Path:
    """Letters, the blank first."""
    folder.mkdir()
    (folder / VOCABULARY).write_text(json.dumps({letter: index for index, letter in enumerate(LETTERS)}))
    tokenizer = transformers.Wav2Vec2CTCTokenizer(str(folder / VOCABULARY))
    extractor = transformers.SeamlessM4TFeatureExtractor(feature_size=8, num_mel_bins=8)
    FAMILIES["w2v-bert"].module().get_submodule("model").save_pretrained(folder)
    transformers.Wav2Vec2BertProcessor(extractor, tokenizer).save_pretrained(folder)
    return folder


def parakeet(folder: Path) -> Path:
    """Pieces of words, the blank last."""
    from tokenizers import Tokenizer, decoders, models

    pieces = ["<unk>", "▁the", "▁", *"etaonihsrdlumwcfgypbvkxjqz'", "▁a"]
    bare = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[], unk_token="<unk>"))
    bare.decoder = decoders.Metaspace()
    tokenizer = transformers.ParakeetTokenizer(tokenizer_object=bare, unk_token="<unk>", pad_token="<pad>")
    model = FAMILIES["parakeet-ctc"].module().get_submodule("model")
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    extractor = transformers.ParakeetFeatureExtractor(feature_size=16)
    transformers.ParakeetProcessor(extractor, tokenizer).save_pretrained(folder)
    return folder


MAKERS: dict[str, tuple[Callable[[Path], Path], int]] = {"w2v-bert": (w2v_bert, 0), "parakeet": (parakeet, CLASSES - 1)}


@pytest.fixture(scope="module", params=MAKERS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder, and the class that is its blank."""
    make, blank = MAKERS[request.param]
    return make(tmp_path_factory.mktemp("features") / request.param), blank


def test_logits_are_those_of_transformers_with_the_blank_last(made: tuple[Path, int]) -> None:
    folder, blank = made
    model, samples = load(folder), tone(1, 1.51)
    found = transformers.AutoFeatureExtractor.from_pretrained(folder)(samples, sampling_rate=RATE, return_tensors="pt")
    features = found.input_features[:, found.attention_mask[0] == 1]
    ours = model.front_end(samples)
    assert np.abs(ours - features[0].numpy()).max() < 2e-3  # tests.runtime.front_ends derive the bounds
    with torch.no_grad():
        expected = transformers.AutoModelForCTC.from_pretrained(folder).eval()(features).logits
        logits = model.module(features)
    order = [*(index for index in range(CLASSES) if index != blank), blank]
    torch.testing.assert_close(logits, expected[..., order], rtol=0, atol=2.0**-20 * float(expected.abs().max()))
    assert len(recognized(model, ours).token_ids) > 3


def test_tokens_are_in_the_order_of_the_classes(made: tuple[Path, int]) -> None:
    folder, blank = made
    pieces = load(folder).tokens.pieces
    assert len(pieces) == CLASSES
    assert pieces[-1] == "<pad>"
    assert UNKNOWN in pieces
    if blank:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        assert [tokenizer.convert_ids_to_tokens(index) for index in range(CLASSES)] == list(pieces)
    else:
        assert pieces[3] == WORD_START


def test_a_tokenizer_with_too_few_pieces_is_refused(tmp_path: Path) -> None:
    folder = parakeet(tmp_path / "few")
    file = folder / TOKENIZER
    content = json.loads(file.read_text())
    del content["model"]["vocab"]["▁a"]
    file.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: expected a token for each of 32 classes, none for"):
        load(folder)
    (folder / PROCESSOR).write_text("[]")
    with pytest.raises(CheckpointError, match="expected a JSON object, got list"):
        load(folder)
