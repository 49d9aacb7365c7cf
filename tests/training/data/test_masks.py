"""SpecAugment hides what it says and no more, wherever it may."""

import numpy as np

from earnest.training.data.masks import mask_
from earnest.training.specification import Masks


def hidden(masks: Masks, frames: int = 50, count: int = 20, draws: int = 300) -> np.ndarray:
    """Which places are hidden, in many draws."""
    generator = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        features = np.ones((frames, count), dtype=np.float32)
        mask_(features, masks, generator)
        assert set(np.unique(features)) <= {0.0, 1.0}
        found.append(features == 0)
    return np.stack(found)


def test_bands_hide_all_frames_of_a_feature() -> None:
    found = hidden(Masks(bands=1, band=6, spans=0, span=0.0))
    assert (found.all(axis=1) == found.any(axis=1)).all()
    widths = found[:, 0].sum(axis=1)
    assert set(widths) == set(range(7))
    assert found.any(axis=(0, 1)).all()


def test_spans_hide_all_features_of_a_frame() -> None:
    found = hidden(Masks(bands=0, band=0, spans=1, span=0.1))
    assert (found.all(axis=2) == found.any(axis=2)).all()
    assert set(found[:, :, 0].sum(axis=1)) == set(range(6))
    assert found.any(axis=(0, 2)).all()


def test_none_hides_nothing_and_a_band_wider_than_the_features_all_of_them_at_most() -> None:
    assert not hidden(Masks(bands=0, band=9, spans=0, span=0.9)).any()
    assert hidden(Masks(bands=1, band=99, spans=0, span=0.0)).all(axis=(1, 2)).any()
