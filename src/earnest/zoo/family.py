"""A family of recognisers: a module of one tensor in, [batch, time, features] or [batch, samples], and one out; a
decoder reads tokens [batch, tokens] as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earnest.models.recognition.recognition import FloatRecognition
from earnest.nn.model import Inputs
from earnest.runtime.front_ends.front_end import FrontEnd

SEED = 0
LONGEST_SAMPLES, LONGEST_FRAMES = 64_000, 400
FRAMES_OF_A_TOKEN = 8
"""How many frames there are for each token in what a decoder is measured on."""

SAMPLES_OF_A_FRAME = 40
"""Samples that stand for one frame in the lengths of these models: 2.5 ms, an eighth of what the real ones have."""

TOKENS, SPECIAL_TOKENS = 64, 3
"""Tokens that a decoder is measured on are below the one, and not below the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How a family's module is made, and what there is about it.

    `features` is None where it reads samples; `part` says what of the model it is; `frames` is the one length that it
    takes, which inputs are filled up to with silence; `most_tokens` the greatest number of tokens, where it reads them.
    `recognition` is how tokens are chosen, None where it makes none; `front_end` is that of the feature extractor of
    its class, None where it makes no text, or where its class comes without an extractor.
    """

    name: str
    source: str
    build: Callable[[], nn.Module]
    features: int | None
    part: str = "all"
    frames: int | None = None
    most_tokens: int | None = None
    recognition: type[FloatRecognition] | None = None
    front_end: FrontEnd | None = None

    @property
    def longest(self) -> int:
        """The greatest time of the program, in frames or samples: what 4 s have, unless there is but one length."""
        return self.frames or (LONGEST_SAMPLES if self.features is None else LONGEST_FRAMES)

    def module(self) -> nn.Module:
        """The module in evaluation mode, its weights by the seed; the random state of the caller is kept."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return self.build().eval()

    def inputs(self, frames: tuple[int, ...], seed: int) -> list[Inputs]:
        """Normal inputs of one utterance each, of so many frames where the model takes them; and for a decoder a token
        for each few frames, none of them a special one.
        """
        generator = torch.Generator().manual_seed(seed)
        features = self._features(frames, generator)
        if self.most_tokens is None:
            return [*features]
        counts = [min(self.most_tokens, time // FRAMES_OF_A_TOKEN) for time in frames]
        return [
            (x, torch.randint(SPECIAL_TOKENS, TOKENS, (1, count), generator=generator))
            for x, count in zip(features, counts, strict=True)
        ]

    def _features(self, frames: tuple[int, ...], generator: torch.Generator) -> list[Tensor]:
        if self.frames is not None:
            frames = (self.frames,) * len(frames)
        if self.features is None:
            return [torch.randn(1, time * SAMPLES_OF_A_FRAME, generator=generator) for time in frames]
        return [torch.randn(1, time, self.features, generator=generator) for time in frames]
