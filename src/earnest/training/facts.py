"""What a training run was trained on and what it cost."""

from itertools import islice
from typing import Any

from earnest.training import log
from earnest.training.data.material import FRAMES_PER_SECOND
from earnest.training.device import CPU
from earnest.training.loop import Run


def facts(run: Run[Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """How many `parameters` learn; `utterances` trained on, those `left_out` and the `hours` of both; `hours_heard` in
    all steps, an utterance as often as it was trained on, without padding; `seconds` that the steps took; the `device`
    that computed them, or all of them.
    """
    lengths = run.train.lengths
    frames = sum(lengths[index] for batch in islice(run.batches(), run.state.step) for index in batch)
    return {
        "parameters": sum(one.numel() for one in run.state.module.parameters() if one.requires_grad),
        "utterances": len(run.usable),
        "left_out": len(lengths) - len(run.usable),
        "hours": round(sum(lengths) / FRAMES_PER_SECOND / 3600, 3),
        "hours_heard": round(frames / FRAMES_PER_SECOND / 3600, 3),
        "seconds": round(log.seconds(lines), 1),
        "device": ", ".join(dict.fromkeys(line.get("device", CPU.type) for line in lines if "loss" in line)),
    }
