"""SpecAugment [Park 2019, arXiv:1904.08779, sec. 2]: bands of features and spans of time are hidden.

What is hidden becomes 0, the mean of a normalised feature. Time is not warped.
"""

import numpy as np
import numpy.typing as npt

from earnest.training.specification import Masks


def mask_(features: npt.NDArray[np.float32], masks: Masks, generator: np.random.Generator) -> None:
    """Hide parts of one utterance, [frames, features], in place; widths and places are drawn evenly."""
    frames, count = features.shape
    for _ in range(masks.bands):
        start, stop = _span(min(masks.band, count), count, generator)
        features[:, start:stop] = 0.0
    for _ in range(masks.spans):
        start, stop = _span(int(masks.span * frames), frames, generator)
        features[start:stop] = 0.0


def _span(widest: int, length: int, generator: np.random.Generator) -> tuple[int, int]:
    width = int(generator.integers(widest + 1))
    start = int(generator.integers(length - width + 1))
    return start, start + width
