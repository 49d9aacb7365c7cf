"""Modules of classes of `transformers`, each of one tensor in and one out, or of features and tokens in."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from earnest.errors import EarnestError
from earnest.models.hub.wrapped import Arrange, Wrapped, WrappedDecoder, WrappedTransducer

MOST_TOKENS = 48
"""Of a decoder: its greatest number of tokens."""


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


def encoder(name: str, settings: Mapping[str, Any], *, arrange: Arrange = None) -> Callable[[], nn.Module]:
    """The encoder of `<name>Model`: its last hidden state."""

    def build() -> nn.Module:
        hub = _hub()
        model = getattr(hub, f"{name}Model")(getattr(hub, f"{name}Config")(**settings))
        return Wrapped(model.encoder, "last_hidden_state", arrange=arrange)

    return build


def decoder(name: str, settings: Mapping[str, Any], *, reads: str, arrange: Arrange = None) -> Callable[[], nn.Module]:
    """`<name>ForConditionalGeneration`, encoder and decoder: logits of given tokens."""

    def build() -> nn.Module:
        hub = _hub()
        model = getattr(hub, f"{name}ForConditionalGeneration")(getattr(hub, f"{name}Config")(**settings))
        return WrappedDecoder(model, reads, arrange=arrange)

    return build


def transducer(name: str, **settings: Any) -> Callable[[], nn.Module]:
    """`<name>` of `transformers`, say ParakeetForRNNT: logits of given tokens at every frame. What LSTMs of random
    weights say of tokens, some hundredth of the audio, is brought to a standard deviation of 1.
    """

    def build() -> nn.Module:
        hub = _hub()
        model = getattr(hub, name)(getattr(hub, f"{name.replace('For', '')}Config")(**settings))
        with torch.no_grad():
            model.decoder.decoder_projector.weight.div_(model.decoder(torch.arange(MOST_TOKENS)[None]).std())
        return WrappedTransducer(model)

    return build
