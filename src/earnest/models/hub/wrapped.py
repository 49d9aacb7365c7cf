"""A model of `transformers`, or any other, as a module of tensors in and one out, which is what swap takes."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from earnest.errors import CaptureError

Arrange = Callable[[Tensor], Tensor] | None
"""How features are turned before a model reads them, if they are."""


class Wrapped(nn.Module):
    """`model(features)`, of whose result the field `field` is handed on; `arrange` turns the features before.

    A padding mask is not asked for: a program runs one utterance, and batches are of equal length.
    """

    def __init__(self, model: nn.Module, field: str, *, arrange: Arrange = None, **settings: Any) -> None:
        super().__init__()
        self.model, self.field, self.arrange, self.settings = model, field, arrange, settings

    def forward(self, features: Tensor) -> Tensor:
        """The one tensor."""
        result = self.model(features if self.arrange is None else self.arrange(features), **self.settings)
        found = result.get(self.field) if isinstance(result, Mapping) else getattr(result, self.field, None)
        if not isinstance(found, Tensor):
            raise CaptureError(
                f"expected a tensor {self.field} of {type(self.model).__name__}, got {type(found).__name__}: "
                "name another field"
            )
        return found


class WrappedDecoder(nn.Module):
    """`model(features, tokens)`: the logits behind given tokens, the whole of them made anew, with nothing kept.

    `reads` is what the model calls its features.
    """

    def __init__(self, model: Any, reads: str, *, arrange: Arrange = None) -> None:
        super().__init__()
        self.model, self.reads, self.arrange = model, reads, arrange

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Logits [batch, tokens, classes]."""
        arranged = features if self.arrange is None else self.arrange(features)
        return self.model(**{self.reads: arranged}, decoder_input_ids=tokens, use_cache=False).logits

    def encode(self, features: Tensor) -> Any:
        """What the encoder makes of features."""
        return self.model.get_encoder()(features if self.arrange is None else self.arrange(features))

    def next(self, encoded: Any, tokens: Tensor, kept: Any) -> tuple[Tensor, Any]:
        """Logits [classes] behind the last of further tokens [1, tokens], and what is kept of all of them; the float
        model's own cache, None at first.
        """
        found = self.model(encoder_outputs=encoded, decoder_input_ids=tokens, past_key_values=kept, use_cache=True)
        return found.logits[0, -1], found.past_key_values


class WrappedTransducer(nn.Module):
    """`model(features, tokens)`: the logits at every frame behind every token, of a model that has an encoder, a
    decoder that reads tokens alone, and a joint network.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Logits [batch, frames, tokens, classes]."""
        return self.join(self.encode(features), self.say(tokens))

    def encode(self, features: Tensor) -> Tensor:
        """What is encoded, [batch, frames, channels]."""
        encoded: Tensor = self.model.get_audio_features(features).pooler_output
        return encoded

    def say(self, tokens: Tensor) -> Tensor:
        """What tokens [batch, tokens] say, each with those before it, [batch, tokens, channels]."""
        return self.model.decoder(tokens)

    def join(self, encoded: Tensor, said: Tensor) -> Tensor:
        """Logits of some frames and some tokens."""
        return self.model.joint(encoder_hidden_states=encoded[:, :, None], decoder_hidden_states=said[:, None])


def features_last(features: Tensor) -> Tensor:
    """[batch, time, features] as [batch, features, time], which models that begin with a convolution take."""
    return features.transpose(1, 2)
