"""The names that `import earnest` offers, each of them what it says."""

import importlib.metadata

import pytest

import earnest

NAMES = [
    "EarnestError",
    "Recognizer",
    "__version__",
    "audit",
    "calibrate",
    "load",
    "lower",
    "models",
    "quantize",
    "save",
    "swap",
    "verify",
]


def test_the_exported_names_are_these() -> None:
    assert earnest.__all__ == NAMES
    assert set(NAMES) <= set(dir(earnest))


def test_every_name_is_there() -> None:
    for name in NAMES:
        found = getattr(earnest, name)
        assert found is getattr(earnest, name)
        assert getattr(found, "__name__", name).removeprefix("earnest.") == name
    assert earnest.__version__ == importlib.metadata.version("earnest")


def test_another_name_is_an_error_that_lists_them() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'quantise'; it has \['EarnestError'"):
        _ = earnest.quantise  # type: ignore[attr-defined]
