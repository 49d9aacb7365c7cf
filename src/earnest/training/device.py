"""The device that steps are computed on: the CPU, or what torch knows beside it, such as a GPU.

Features, checkpoints, words and programs are made on the CPU, whatever the device.
"""

import os
import re

import torch

from earnest.errors import TrainingError

CPU = torch.device("cpu")

CUBLAS = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
"""Without it cuBLAS adds in another order from call to call; it is read when a GPU is first used."""


def device_named(name: str) -> torch.device:
    """A device by its name, such as `cpu`, `cuda` or `cuda:1`; a rank of several on one machine has the GPU of its own
    number. TrainingError where torch cannot compute on it.
    """
    os.environ.setdefault(*CUBLAS)
    try:
        device = torch.device(name)
        if device.type == "cuda" and device.index is None:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.zeros(1, device=device).double().item()
    except (RuntimeError, AssertionError, TypeError, ImportError) as error:
        reason = re.split(r"\n|; |\. | device type", str(error))[0]
        raise TrainingError(f"--device: expected a device that torch computes on, got {name}: {reason}") from error
    return device


def device_name(device: torch.device) -> str:
    """What it is called by who made it, or what kind it is."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
