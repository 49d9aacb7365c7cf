"""Runs an exported model by onnxruntime, which nobody here wrote, on one thread."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from earnest.export.onnx.self_test import choose_products
from earnest.export.onnx.session import Session

pytest.importorskip("onnx", reason="needs the extra `onnx`")
pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")


def run_bytes(model: bytes, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs by name."""
    return Session(model).run(feeds)


def run_model(model: Any, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs by name of a `ModelProto`."""
    return run_bytes(model.SerializeToString(), feeds)


@cache
def trusted_products() -> tuple[str, ...]:
    """The kinds of products that are exact on this machine."""
    return ("int8", "int32") if choose_products(run_bytes) == "int8" else ("int32",)


def skip_unless_trusted(products: str) -> None:
    """Skip a test of products that saturate on this machine."""
    if products not in trusted_products():
        pytest.skip("8-bit products of onnxruntime saturate on this processor")
