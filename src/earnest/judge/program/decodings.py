"""Ways from logits to tokens that a file may declare, and what is lawful in each: CTC, a decoder, a transducer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

Inputs = Sequence[Mapping[str, Any]]
"""What a program says of its inputs; tokens are the second, where it reads them."""

FARTHEST, MOST_DURATIONS = 1024, 16
"""Frames that a transducer may go on at once, which are tokens that it may have at one frame too; and how many
durations.
"""

CODINGS = ("byte-level", "sentencepiece")
"""How the pieces of a program that reads tokens are written."""


class Decoding(ABC):
    """One way; `found` is what an untrusted file says of it."""

    name: ClassVar[str]
    reads_tokens: ClassVar[bool]
    axes: ClassVar[int | None]
    """How many axes the result has that tokens are chosen from; None where any will do."""

    @abstractmethod
    def lawful(self, found: Any, inputs: Inputs) -> bool:
        """Whether it is told wholly, in integers, and in a way that is known."""

    @abstractmethod
    def pieces(self, tokens: Any) -> list[Any]:
        """What is listed of tokens; None alone where they are not told as they should."""

    def durations(self, found: Any) -> int:
        """How many classes of the result are no tokens."""
        del found
        return 0

    def few(self, found: Any, inputs: Inputs) -> Any:
        """What is told, without that of which there may be as much as there are classes."""
        del inputs
        return found


class CTC(Decoding):
    """The best class of each frame: its name alone."""

    name, reads_tokens, axes = "ctc-greedy", False, None

    def lawful(self, found: Any, inputs: Inputs) -> bool:
        """Its name alone."""
        del inputs
        return found == self.name

    def pieces(self, tokens: Any) -> list[Any]:
        """A list."""
        return listed(tokens)


class TokenDecoding(Decoding):
    """That of a program which reads tokens: `keys` are what is told beside its name, and of which type."""

    reads_tokens = True
    keys: ClassVar[Mapping[str, type]]

    def lawful(self, found: Any, inputs: Inputs) -> bool:
        """Told token by token."""
        typed = (
            isinstance(found, dict)
            and set(found) == {"name", *self.keys}
            and found["name"] == self.name
            and all(type(found[key]) is kind for key, kind in self.keys.items())
        )
        return typed and self.follows(found, inputs[1])

    @abstractmethod
    def follows(self, found: Mapping[str, Any], tokens: Mapping[str, Any]) -> bool:
        """Whether what is told, of its types, is possible with such tokens."""

    def pieces(self, tokens: Any) -> list[Any]:
        """Pieces, where it is told beside them which have no text, and their coding."""
        lawful = isinstance(tokens, dict) and set(tokens) == {"coding", "pieces", "special"}
        if not lawful or tokens["coding"] not in CODINGS or not isinstance(tokens["special"], list):
            return [None]
        pieces = listed(tokens["pieces"])
        return pieces if _lists_tokens(tokens["special"], len(pieces) - 1) else [None]


class Autoregressive(TokenDecoding):
    """A decoder's: each token behind those before."""

    name, axes = "autoregressive", 3
    keys: ClassVar = {
        **dict.fromkeys(("start", "end", "suppressed", "suppressed_first"), list),
        **dict.fromkeys(("most_tokens", "multiplier", "shift"), int),
    }

    def follows(self, found: Mapping[str, Any], tokens: Mapping[str, Any]) -> bool:
        """Every list is one of tokens."""
        return all(_lists_tokens(found[key], tokens["high"]) for key, kind in self.keys.items() if kind is list)

    def few(self, found: Any, inputs: Inputs) -> Any:
        """Without the tokens that it suppresses."""
        if not self.lawful(found, inputs):
            return found
        return {key: part for key, part in found.items() if key not in ("suppressed", "suppressed_first")}


class Transducer(TokenDecoding):
    """Frame by frame, with durations or none."""

    name, axes = "transducer", 4
    keys: ClassVar = {
        "durations": list,
        **dict.fromkeys(("start", "blank", "most_of_a_frame", "most_tokens"), int),
    }

    def follows(self, found: Mapping[str, Any], tokens: Mapping[str, Any]) -> bool:
        """It goes through its frames in a way that is known."""
        return (
            len(found["durations"]) <= MOST_DURATIONS
            and all(type(each) is int and 0 <= each <= FARTHEST for each in found["durations"])
            and all(0 <= found[key] <= tokens["high"] for key in ("start", "blank"))
            and 1 <= found["most_of_a_frame"] <= FARTHEST
            and 2 <= found["most_tokens"] <= tokens["longest"]
        )

    def durations(self, found: Any) -> int:
        """The classes behind the tokens."""
        told = found.get("durations") if isinstance(found, dict) else None
        return len(told) if isinstance(told, list) else 0


DECODINGS: tuple[Decoding, ...] = (CTC(), Autoregressive(), Transducer())


def decoding_of(found: Any, inputs: Inputs) -> Decoding:
    """The way that is named, among those that fit the program's inputs; the first of them if none is."""
    name = found.get("name") if isinstance(found, dict) else found
    fitting = [each for each in DECODINGS if each.reads_tokens == (len(inputs) > 1)]
    return next((each for each in fitting if each.name == name), fitting[0])


def listed(found: Any) -> list[Any]:
    """A list, or None alone in the place of what is none."""
    return found if isinstance(found, list) else [None]


def _lists_tokens(found: list[Any], highest: int) -> bool:
    return all(type(token) is int and 0 <= token <= highest for token in found) and len(set(found)) == len(found)
