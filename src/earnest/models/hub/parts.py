"""What makes tokens of the audio in a model of `transformers`: a CTC head, a decoder, or a transducer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from earnest.errors import CaptureError, CheckpointError
from earnest.models.hub.files import CONFIG
from earnest.models.hub.tokens import ctc_tokens_from, vocabulary_from
from earnest.models.hub.wrapped import Arrange, Wrapped, WrappedDecoder, WrappedTransducer
from earnest.models.recognition.autoregressive import FloatAutoregressive
from earnest.models.recognition.ctc import FloatCTC
from earnest.models.recognition.recognition import FloatRecognition
from earnest.models.recognition.transducer import FloatTransducer
from earnest.runtime.pieces import Pieces
from earnest.runtime.text import Tokens
from earnest.runtime.vocabulary import Vocabulary

MOST_TOKENS = 1024
"""Of a decoder whose own limit is greater, or that has none."""

MOST_TOKENS_OF_A_TRANSDUCER = 320
"""All logits of a minute, frames by tokens by classes, are below 2^31 of them, with 8193 classes at 80 ms a frame."""

_HEADS = ("lm_head", "ctc_head")
_LIMITS = ("max_target_positions", "max_position_embeddings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How a model with such a part is found, wrapped and read. `kind` is its class of `transformers` by the type of
    the model; `pieces` may put the model's classes in their order.
    """

    name: str
    fits: Callable[[Mapping[str, Any]], bool]
    kind: Callable[[str], str]
    recognition: type[FloatRecognition]
    most_tokens: Callable[[Any], int]
    wrap: Callable[[Any, Arrange], nn.Module]
    pieces: Callable[[Any, Path, int], Pieces]

    def read(self, model: Any, folder: Path) -> tuple[Pieces, FloatRecognition]:
        """Its tokens, and how they are chosen; CheckpointError names what is wrong in the folder."""
        classes = _classes(model, folder)
        try:
            found = self.recognition.of_model(model, classes=classes, most_tokens=self.most_tokens(model))
        except (CaptureError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(f"{folder}: {error}") from error
        return self.pieces(model, folder, classes), found


def _classes(model: Any, folder: Path) -> int:
    classes = getattr(model.config, "vocab_size", None)
    if type(classes) is not int or classes < 2:
        raise CheckpointError(f"{folder / CONFIG}: expected vocab_size, an integer from 2, got {str(classes)[:20]}")
    return classes


def _ctc_pieces(model: Any, folder: Path, classes: int) -> Tokens:
    """Tokens of a model whose head's rows are put in their order."""
    blank = model.config.pad_token_id
    if type(blank) is not int or not 0 <= blank < classes:
        raise CheckpointError(f"{folder / CONFIG}: expected pad_token_id, the CTC blank, below {classes}, got {blank}")
    order = [*(index for index in range(classes) if index != blank), blank]
    heads = [head for name in _HEADS if isinstance(head := getattr(model, name, None), nn.Linear | nn.Conv1d)]
    if len(heads) != 1:
        raise CheckpointError(f"{folder}: expected a head {' or '.join(_HEADS)}, got {type(model).__name__} without")
    _reorder_(heads[0], order, folder)
    return ctc_tokens_from(folder, order)


def _vocabulary(model: Any, folder: Path, classes: int) -> Vocabulary:
    del model
    return vocabulary_from(folder, classes)


def _limit(model: Any) -> int:
    """The least of a decoder's own limits, and of ours."""
    return min([*(value for name in _LIMITS if type(value := getattr(model.config, name, None)) is int), MOST_TOKENS])


@torch.no_grad()
def _reorder_(head: nn.Linear | nn.Conv1d, order: list[int], folder: Path) -> None:
    """Rows of the head in another order."""
    if len(head.weight) != len(order):
        raise CheckpointError(f"{folder}: expected a head of {len(order)} classes, got {len(head.weight)}")
    head.weight.copy_(head.weight[order].clone())
    if head.bias is not None:
        head.bias.copy_(head.bias[order].clone())


_TRANSDUCERS = {"parakeet_rnnt": "ParakeetForRNNT", "parakeet_tdt": "ParakeetForTDT"}
"""Classes of `transformers` by the type of their model."""

PARTS = (
    Part(
        name="a transducer",
        fits=lambda told: str(told.get("model_type")) in _TRANSDUCERS,
        kind=_TRANSDUCERS.__getitem__,
        recognition=FloatTransducer,
        most_tokens=lambda _model: MOST_TOKENS_OF_A_TRANSDUCER,
        wrap=lambda model, _arrange: WrappedTransducer(model),
        pieces=_vocabulary,
    ),
    Part(
        name="a decoder",
        fits=lambda told: told.get("is_encoder_decoder") is True,
        kind=lambda _type: "AutoModelForSpeechSeq2Seq",
        recognition=FloatAutoregressive,
        most_tokens=_limit,
        wrap=lambda model, arrange: WrappedDecoder(model, model.main_input_name, arrange=arrange),
        pieces=_vocabulary,
    ),
    Part(
        name="a CTC head",
        fits=lambda _told: True,
        kind=lambda _type: "AutoModelForCTC",
        recognition=FloatCTC,
        most_tokens=lambda _model: 0,
        wrap=lambda model, arrange: Wrapped(model, "logits", arrange=arrange),
        pieces=_ctc_pieces,
    ),
)
"""In the order in which they are asked for."""


def part_of(told: Mapping[str, Any]) -> Part:
    """The part that a configuration tells of."""
    return next(part for part in PARTS if part.fits(told))
