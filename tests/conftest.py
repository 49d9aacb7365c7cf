"""What every test may ask for, and what holds for all of them."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import array_annotations

if TYPE_CHECKING:
    from synthetic import TinyWorld

# Workers share the cores among themselves; numerical libraries read this when they are first imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"

# What a shell started in the background is deaf to Ctrl-C, and so is all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Shapes and types of arrays are checked in tests alone.
array_annotations.install()

settings.register_profile("earnest", deadline=None, derandomize=True)
settings.load_profile("earnest")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the real model and the real speech; a test that needs it is skipped where it is not."""
    named = os.environ.get("EARNEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the shared data: set EARNEST_DATA to the folder that holds models/ and librispeech/")
    return folder


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> "TinyWorld":
    """A random float model, recordings in LibriSpeech's layout, and the program that was made from them."""
    from synthetic import build

    return build(tmp_path_factory.mktemp("tiny"))
