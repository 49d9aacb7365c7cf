"""What a training run heard and what it cost."""

from itertools import islice
from typing import Any

from earnest.training import log
from earnest.training.material import FRAMES_PER_SECOND, Material
from earnest.training.specification import Training
from earnest.training.state import State


def facts(training: Training, heard: Material, state: State, lines: list[dict[str, Any]]) -> dict[str, int | float]:
    """`parameters`; `utterances` trained on, those `left_out` and the `hours` of both; `hours_heard` in all steps, an
    utterance as often as it was heard, without padding; `seconds` that the steps took.
    """
    lengths = heard.train.lengths
    frames = sum(lengths[index] for batch in islice(heard.batches(training), state.step) for index in batch)
    return {
        "parameters": sum(parameter.numel() for parameter in state.module.parameters()),
        "utterances": len(heard.indices),
        "left_out": len(lengths) - len(heard.indices),
        "hours": round(sum(lengths) / FRAMES_PER_SECOND / 3600, 3),
        "hours_heard": round(frames / FRAMES_PER_SECOND / 3600, 3),
        "seconds": round(log.seconds(lines), 1),
    }
