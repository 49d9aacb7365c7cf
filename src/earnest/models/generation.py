"""What `transformers` says of the tokens of a decoder, as the decoding of a program."""

from collections.abc import Iterable
from typing import Any

from earnest.errors import CaptureError
from earnest.nn.model import TwinModel
from earnest.numerics.entry import exit_multiplier
from earnest.runtime.decoding import Decoding


def decoding_from(generation: Any, twin: TwinModel) -> Decoding:
    """The decoding of a calibrated decoder, from a generation config: start and forced tokens, end, suppression, cap.

    CaptureError: no token to begin with, or none that ends.
    """
    start, end = getattr(generation, "decoder_start_token_id", None), _tokens(generation, "eos_token_id")
    if start is None or not end or twin.tokens is None:
        raise CaptureError("expected the generation config of a decoder, with decoder_start_token_id and eos_token_id")
    forced = [token for _, token in sorted(getattr(generation, "forced_decoder_ids", None) or [])]
    multiplier, shift = exit_multiplier(twin.edge(twin.result).grid)
    return Decoding(
        start=(int(start), *map(int, forced)),
        end=end,
        suppressed=_tokens(generation, "suppress_tokens"),
        suppressed_first=_tokens(generation, "begin_suppress_tokens"),
        most_tokens=min(int(getattr(generation, "max_length", None) or twin.tokens.longest), twin.tokens.longest),
        multiplier=multiplier,
        shift=shift,
    )


def _tokens(generation: Any, name: str) -> tuple[int, ...]:
    found = getattr(generation, name, None)
    given: Iterable[int] = () if found is None else (found,) if isinstance(found, int) else found
    return tuple(sorted({int(token) for token in given}))
