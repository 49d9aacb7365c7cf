"""Twins that GPTQ has rounded, and latents that begin there."""

import copy

import torch
from tests.methods.stacked import stacked
from tests.nn.tiny import WIDTH, inputs

from earnest.calibration.calibrate import calibrate
from earnest.methods.gptq import gptq_
from earnest.nn.model import TwinModel
from earnest.training.quantized.latents import Latents, give_biases_

BATCHES = inputs(count=6, time=17, width=WIDTH, seed=3)


def rounded(bits: int) -> tuple[TwinModel, TwinModel]:
    """Twins that GPTQ has rounded, and the same ones before."""
    real = give_biases_(calibrate(stacked(bits), BATCHES))
    return gptq_(copy.deepcopy(real), BATCHES), real


def values_of(latents: Latents) -> list[torch.Tensor]:
    return latents.values(latents.always(0))
