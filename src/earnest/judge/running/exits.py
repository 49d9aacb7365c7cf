"""Values that leave the tensors, and are seen when they come back: as numbers, as tensors, in memory that was shared.

What a model reads besides its input must be the same for any two utterances of one shape: every number among the
arguments of its operators, and every tensor that meets the data and is not computed from it. Where it is not, values of
the data went where the census cannot follow them.
"""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from earnest.judge.running.rules import PLAIN_PRECISION
from earnest.judge.running.tags import digest
from earnest.judge.running.trace import Trace

_SHARING = {"numpy", "__array__", "data_ptr", "untyped_storage", "storage", "__dlpack__", "_typed_storage"}
_READING = {"item", "tolist", "__float__", "__int__", "__bool__", "__index__"}
_DEVICES = ("cpu", "cuda")


class Exits(TorchFunctionMode):
    """Watches the functions of torch that hand out a tensor's memory or number, and whether autocast is on."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.trace = trace
        self.left = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Look, and go on."""
        del types
        kwargs = kwargs or {}
        if self.trace.paused:
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        source = args[0] if args and isinstance(args[0], Tensor) else None
        if source is not None and self.trace.inside and self.trace.tags.of(source).data:
            if name in _SHARING:
                self.trace.tags.hand_out(source)
            self.left += name in _READING
        if self.trace.inside and any(torch.is_autocast_enabled(device) for device in _DEVICES):
            self.trace.note(PLAIN_PRECISION, "autocast is on inside the model: it chooses the types of products")
        result = func(*args, **kwargs)
        attribute = name == "__get__" and isinstance(result, Tensor) and not self.trace.tags.known(result)
        if attribute and source is not None:  # .data is no operator
            self.trace.tags.set(result, self.trace.tags.of(source))
        return result


def came_back(one: Trace, results: Any, other: Trace, other_results: Any) -> str:
    """What differs between the runs of two utterances of one shape and is no tensor's doing; empty if nothing does."""
    numbers = sorted(one.scalars ^ other.scalars)
    if numbers:
        return f"a number among the arguments of {numbers[0][0]} follows the data"
    if one.met | _unmade(one, results) != other.met | _unmade(other, other_results):
        return "a tensor that was not computed from the input follows it"
    return ""


def _unmade(trace: Trace, results: Any) -> set[bytes]:
    """Results that are not computed from the input."""
    found = [tensor for tensor in tree_leaves(results) if isinstance(tensor, Tensor)]
    return {digest(tensor) for tensor in found if not trace.tags.of(tensor).data}
