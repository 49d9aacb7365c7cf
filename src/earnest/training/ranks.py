"""Ranks: processes that share the utterances of each step, started by `torchrun`; one process alone is rank 0 of 1.

All ranks hold the same weights, since the sums of their gradients are the same to the last bit; rank 0 alone writes.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, distributed


@contextmanager
def process_group() -> Iterator[None]:
    """Meet the others over gloo, where `torchrun` says that there are any."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    distributed.init_process_group("gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """The number of this process."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


@contextmanager
def first_rank_first() -> Iterator[None]:
    """What rank 0 leaves on the disk is there when the others look."""
    if rank() > 0:
        distributed.barrier()
    yield
    if rank() == 0 and world() > 1:
        distributed.barrier()


def sum_(tensors: Sequence[Tensor]) -> None:
    """Add what all ranks have, in place and in one order."""
    if world() == 1:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    distributed.all_reduce(flat)
    for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))
