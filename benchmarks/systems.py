"""The systems that are compared, each at its best: how it is loaded, and what one run of it is.

A run takes features (ours: their codes) and gives logits (ours: their codes) of one utterance. What was tried on a
2-core AVX-512 VNNI machine, 15 s, 2 threads, and what is used because of it:

    torch-eager     inference mode; nothing to choose
    torch-compile   static shape and frozen weights (245 -> 201 ms), and the shift of the relative positions kept as
                    one operator (201 -> 143 ms): inductor would recompute its indices inside the softmax
    onnxruntime     all graph optimisations, sequential, `threads` in the one pool; graphs in `benchmarks.graphs`

CTranslate2 is not among them: it runs a fixed list of architectures, and no Conformer-CTC is on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.material import Material
from earnest.errors import EarnestError

Run = Callable[[], np.ndarray]
"""One run: the logits [frames, classes], or their codes."""

OURS = ("earnest-w8a8", "earnest-w4a8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A system that is ready, and what is known of it beside its speed."""

    run: Run
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """`load(material, seconds, threads)` makes it ready; `imports()` brings in its libraries and nothing else."""

    load: Callable[[Material, int, int], Loaded]
    imports: Callable[[], None]
    graph: str | None = None
    real: bool = True


def load_eager(material: Material, seconds: int, threads: int) -> Loaded:
    """The float model as it stands."""
    import torch

    torch.set_num_threads(threads)
    module = material.float_model().module
    features = torch.from_numpy(material.features(seconds))

    def run() -> np.ndarray:
        with torch.inference_mode():
            return module(features)[0].numpy()

    return Loaded(run=run)


def load_compiled(material: Material, seconds: int, threads: int) -> Loaded:
    """The float model through inductor; the first run, which compiles, belongs to the loading."""
    import torch
    from torch._inductor import config

    torch.set_num_threads(threads)
    config.freezing = True
    _keep_relative_shift_whole()
    module = torch.compile(material.float_model().module, dynamic=False)
    features = torch.from_numpy(material.features(seconds))

    def run() -> np.ndarray:
        with torch.inference_mode():
            return module(features)[0].numpy()

    run()
    return Loaded(run=run)


def load_onnxruntime(material: Material, seconds: int, threads: int, kind: str) -> Loaded:
    """A session on the graph of one kind."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    path = str(material.graph(kind, seconds))
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    features = {"features": material.features(seconds)}
    return Loaded(run=lambda: np.asarray(session.run(None, features)[0])[0])


def load_native(material: Material, seconds: int, threads: int, recipe: str) -> Loaded:
    """Our program on the native engine; `opened_seconds` has the verification in it, `ready_seconds` comes after it."""
    import time

    from earnest.engine import NativeBackend
    from earnest.file import open_program
    from earnest.runtime.recognizer import Recognizer

    start = time.perf_counter()
    program = open_program(material.program(recipe))
    opened = time.perf_counter()
    backend = NativeBackend(program, threads=threads)
    ready = time.perf_counter()
    codes = Recognizer(program, lambda _: backend).codes_of(material.features(seconds)[0])
    return Loaded(
        run=lambda: backend.run(codes)[0],
        facts={
            "opened_seconds": opened - start,
            "ready_seconds": ready - opened,
            "weight_bytes": backend.weight_bytes,
        },
    )


def require_native() -> None:
    """EarnestError where this checkout has no native engine: every ratio is one to its time."""
    try:
        from earnest.engine import NativeBackend, measure
    except ImportError as error:
        raise EarnestError(f"expected the native engine, got none: install earnest with it ({error})") from error
    del NativeBackend, measure


def import_torch() -> None:
    """Torch and the float model's code."""
    import earnest.models  # noqa: F401


def import_compiler() -> None:
    """Torch with dynamo and inductor."""
    import torch._dynamo
    import torch._inductor.compile_fx  # noqa: F401

    import earnest.models  # noqa: F401


def import_onnxruntime() -> None:
    """The package onnxruntime."""
    import onnxruntime  # noqa: F401


def import_native() -> None:
    """The engine, the file and what makes codes of features."""
    import earnest.engine
    import earnest.file
    import earnest.runtime.recognizer  # noqa: F401


def _of_graph(kind: str) -> System:
    return System(
        load=lambda material, seconds, threads: load_onnxruntime(material, seconds, threads, kind),
        imports=import_onnxruntime,
        graph=kind,
        real=kind == "float32",
    )


def _of_recipe(recipe: str) -> System:
    return System(
        load=lambda material, seconds, threads: load_native(material, seconds, threads, recipe),
        imports=import_native,
        real=False,
    )


SYSTEMS: dict[str, System] = {
    "torch-eager": System(load=load_eager, imports=import_torch),
    "torch-compile": System(load=load_compiled, imports=import_compiler),
    "onnxruntime-float32": _of_graph("float32"),
    "onnxruntime-int8-dynamic": _of_graph("int8-dynamic"),
    "onnxruntime-int8-static-s8s8": _of_graph("int8-static-s8s8"),
    "onnxruntime-int8-static-u8s8": _of_graph("int8-static-u8s8"),
    "earnest-w8a8": _of_recipe("w8a8"),
    "earnest-w4a8": _of_recipe("w4a8"),
}
"""All systems, in the order of a round."""

RIVALS = tuple(name for name in SYSTEMS if name not in OURS)


def _keep_relative_shift_whole() -> None:
    """Make the shift one operator for the compiler; eager torch keeps the function as it is."""
    import torch

    from earnest.models.conformer import conformer

    shift: Callable[[Any], Any] = conformer.relative_shift

    @torch.library.custom_op("earnest_benchmark::relative_shift", mutates_args=())
    def whole(scores: torch.Tensor) -> torch.Tensor:
        return shift(scores)

    def chosen(scores: torch.Tensor) -> torch.Tensor:
        return whole(scores) if torch.compiler.is_compiling() else shift(scores)

    whole.register_fake(shift)
    conformer.relative_shift = chosen
