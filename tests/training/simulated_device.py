"""The command line on a machine with a device beside the CPU, `simulated`: tensors there are tensors of the CPU that
nothing of the CPU may be mixed with, as torch has it of GPUs.

    python -m tests.training.simulated_device train FILE --device simulated

At its end it tells how many operators were computed there.
"""

import sys
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from earnest.cli.application import main

NAME = "simulated:0"
LIBRARY = torch.library.Library("aten", "IMPL")
FROM_OUTSIDE = (torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default)


class Held(Tensor):
    """A tensor of the device; `raw` is what it holds."""

    raw: Tensor
    computed = 0
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls: type["Held"], raw: Tensor) -> "Held":
        return Tensor._make_wrapper_subclass(
            cls, raw.shape, strides=raw.stride(), storage_offset=raw.storage_offset(), dtype=raw.dtype, device=NAME
        )

    def __init__(self, raw: Tensor) -> None:
        self.raw = raw

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        Held.computed += 1
        kwargs = dict(kwargs or {})
        leaves = [one for one in _pytree.arg_tree_leaves(*args, **kwargs) if isinstance(one, Tensor)]
        strangers = [one for one in leaves if not isinstance(one, Held)]
        if strangers and func not in FROM_OUTSIDE:
            raise RuntimeError(f"{func}: expected all tensors on {NAME}, got one of {strangers[0].device}")
        goes_out = func in FROM_OUTSIDE and not isinstance(args[0], Held)
        if kwargs.get("device") is not None:
            goes_out = torch.device(kwargs["device"]).type == "cpu"
            kwargs["device"] = "cpu"
        holders = {id(one.raw): one for one in leaves if isinstance(one, Held)}
        raw_args, raw_kwargs = _pytree.tree_map_only(Held, lambda one: one.raw, (args, kwargs))
        found = func(*raw_args, **raw_kwargs)

        def held(one: Tensor) -> Tensor:
            if goes_out:
                return one.clone() if id(one) in holders else one
            return holders[id(one)] if id(one) in holders else cls(one)

        return _pytree.tree_map_only(Tensor, held, found)


def empty(size: list[int], *, dtype: torch.dtype | None = None, **_others: Any) -> Tensor:
    return Held(torch.empty(size, dtype=dtype))


def empty_strided(size: list[int], stride: list[int], *, dtype: torch.dtype | None = None, **_others: Any) -> Tensor:
    return Held(torch.empty_strided(size, stride, dtype=dtype))


def begin() -> None:
    """Tell torch of the device."""
    _setup_privateuseone_for_python_backend("simulated")
    torch.__future__.set_swap_module_params_on_conversion(True)
    LIBRARY.impl("empty.memory_format", empty, "PrivateUse1")
    LIBRARY.impl("empty_strided", empty_strided, "PrivateUse1")


if __name__ == "__main__":
    begin()
    status = main()
    sys.stderr.write(f"{Held.computed} operators on {NAME}\n")
    sys.exit(status)
