"""Speed of a family: the program on the native engine beside the same torch module in float32, one thread each.

ratio = median over the rounds of (milliseconds of torch / milliseconds of the program)

Milliseconds are processor time, which on one thread is the time that a run takes on a machine that does nothing else;
by the clock, whoever takes longer would be interrupted more often. Both take turns in one process. A run takes features
(the program: their codes) and gives logits (the program: their codes); of a decoder, those of all of its given tokens
at once.
"""

import statistics
import time

import torch
from torch import Tensor

from earnest.engine import NativeBackend
from earnest.errors import EarnestError
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.lab.machine import cpu_name, with_other_load
from earnest.lab.timing import THREADS, interleaved
from earnest.ledger.ledger import environment
from earnest.ledger.speed import SPEED, SpeedRow
from earnest.nn.comparison import decibel, program_inputs
from earnest.nn.lowering import lower
from earnest.nn.parallel import one_torch_thread
from earnest.report.tables.speed import TINY
from earnest.zoo.coverage import quantized_family
from earnest.zoo.family import SAMPLES_OF_A_FRAME, Family

SAMPLES, FRAMES = 160_000, 1000
"""What is timed: 10 s of samples, or of frames 10 ms apart; of a model that takes one length alone, that one."""

CALIBRATED = (400, 320)
"""Frames of the inputs that ranges come from. No time depends on them."""

ROUNDS, ROUNDS_TINY = 7, 31
LEAST_DECIBEL = 10.0
"""A program that is further from the float model than that computes something else, and its time would say nothing."""


def measure_speed(family: str, size: str, sized: Family, recipe: str, target: str, *, command: str) -> SpeedRow:
    """The row of one family at one size; EarnestError where its program does not compute the model."""
    module = sized.module()
    length = sized.frames or (SAMPLES if sized.features is None else FRAMES)
    twin = quantized_family(sized, module, recipe, target, frames=CALIBRATED, longest=length)
    program = lower(twin, {})
    verify(program, load_target(target))
    (inputs,) = sized.inputs((length // SAMPLES_OF_A_FRAME if sized.features is None else length,), 1)
    rounds = ROUNDS_TINY if size == TINY else ROUNDS
    native, codes, read = NativeBackend(program, threads=THREADS), program_inputs(twin, inputs), twin.read(inputs)
    with one_torch_thread(), torch.inference_mode():
        made: Tensor = twin.edge(twin.result).real(torch.from_numpy(native.run(*codes)).float())
        ratio = decibel(module(*read.values()), made)
        if ratio < LEAST_DECIBEL:
            raise EarnestError(f"{sized.name}: expected {LEAST_DECIBEL} dB or more beside float32, got {ratio:.1f}")
        del twin, program
        (ours, theirs), other_load = with_other_load(
            lambda: interleaved(
                lambda: native.run(*codes), lambda: module(*read.values()), rounds=rounds, clock=time.process_time
            )
        )
    row = {
        "kind": SPEED,
        "family": family,
        "size": size,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "recipe": recipe,
        "target": target,
        "time": length,
        "tokens": 0 if sized.most_tokens is None else int(codes[1].shape[1]),
        "threads": THREADS,
        "rounds": rounds,
        "milliseconds": round(statistics.median(ours), 3),
        "float_milliseconds": round(statistics.median(theirs), 3),
        "ratio": round(statistics.median(real / mine for real, mine in zip(theirs, ours, strict=True)), 3),
        "decibel": round(ratio, 2),
        "cpu": cpu_name(),
        "other_load": other_load,
    }
    return SpeedRow.of({**row, "command": command, **environment(("transformers",))})
