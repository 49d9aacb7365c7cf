"""What decoding chose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The tokens that were chosen, the end among them if there is one; `truncated` where there were as many as allowed
    before it was known to be all.
    """

    tokens: tuple[int, ...]
    truncated: bool
