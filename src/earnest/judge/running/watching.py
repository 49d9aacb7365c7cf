"""One watched run: the modes are on, and every module says when it begins and ends."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from earnest.errors import EarnestError
from earnest.judge.running.exits import Exits
from earnest.judge.running.operators import whole
from earnest.judge.running.rules import WHOLE_CODES
from earnest.judge.running.trace import Found, Trace
from earnest.judge.running.utterances import call, tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The submodules whose input and whose result are codes; None is the whole model's."""

    codes_in: str | None = None
    codes_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRun:
    """A watched run, its results, and how often a single value was read as a number."""

    trace: Trace
    results: Any
    left: int


def modules_of(model: Any) -> dict[int, str]:
    """The paths of the submodules by identity."""
    return {id(module): path for path, module in model.named_modules()} if isinstance(model, nn.Module) else {}


def check_window(model: Any, window: Window) -> None:
    """Refuse names that the model does not have."""
    known = set(modules_of(model).values())
    for name in (window.codes_in, window.codes_out):
        if name is not None and name not in known:
            some = ", ".join(sorted(known - {""})[:5])
            raise EarnestError(f"expected codes between submodules of the model, such as {some}; got {name!r}")


def watch(model: Any, utterance: Any, window: Window, found: Found) -> WatchedRun:
    """Run the model on an utterance that it has not seen, under both modes."""
    trace = Trace(tensors(utterance), found, inside=window.codes_in is None)
    exits = Exits(trace)
    with _places(trace, modules_of(model), window), trace, exits:
        results = call(model, utterance)
    return WatchedRun(trace=trace, results=results, left=exits.left)


@contextmanager
def _places(trace: Trace, paths: Mapping[int, str], window: Window) -> Iterator[None]:
    stack: list[str] = []

    def enter(module: nn.Module, inputs: Any) -> None:
        path = paths.get(id(module))
        stack.append(trace.path if path is None else path)
        trace.path = stack[-1]
        if path is not None and path == window.codes_in:
            _check_whole(trace, f"codes in: {path}", inputs)
            trace.inside = True

    def leave(module: nn.Module, inputs: Any, outputs: Any) -> None:
        del inputs
        path = paths.get(id(module))
        if path is not None and path == window.codes_out and trace.inside:
            _check_whole(trace, f"codes out: {path}", outputs)
            trace.inside = False
        stack.pop()
        trace.path = stack[-1] if stack else ""

    hooks = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _check_whole(trace: Trace, where: str, values: Any) -> None:
    trace.paused = True
    real = [tensor for tensor in tensors(values) if not whole(tensor)]
    trace.paused = False
    if real:
        what = (
            f"expected codes, got {str(real[0].dtype).removeprefix('torch.')} {list(real[0].shape)} that is not whole"
        )
        trace.note(WHOLE_CODES, what, where)
