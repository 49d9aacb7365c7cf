"""An exported model in onnxruntime, on the CPU."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from earnest.errors import EarnestError
from earnest.export.onnx.model import to_onnx
from earnest.export.onnx.self_test import choose_products
from earnest.integer.program.program import Program

_QUIET = 3


class Session:
    """A serialised ONNX model, ready to run."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        runtime = _load_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _QUIET
        self._session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name."""
        return dict(zip(self.outputs, self._session.run(self.outputs, dict(feeds)), strict=True))


class Replay:
    """A program in onnxruntime: `run` takes the codes of the inputs and gives the output's codes.

    8-bit products are used where the runtime's are exact on this machine (`products` says so), else 32-bit ones.
    """

    def __init__(self, program: Program, *, threads: int = 1) -> None:
        self.products = choose_products(lambda model, feeds: Session(model).run(feeds))
        self._session = Session(to_onnx(program, products=self.products).SerializeToString(), threads=threads)
        self._inputs, self._output = [spec.name for spec in program.inputs], program.output

    def run(self, *codes: np.ndarray) -> np.ndarray:
        """Codes of the program's output."""
        return self._session.run(dict(zip(self._inputs, codes, strict=True)))[self._output]


def runtime_name() -> str:
    """onnxruntime and its version."""
    return f"onnxruntime {_load_runtime().__version__}"


def _load_runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise EarnestError("expected the package onnxruntime, found none: pip install 'earnest[onnx]'") from error
    return onnxruntime
