"""Where a quantized run begins: at the codes that its recipe finds, or at what another run of the model learnt.

Weights that have the widths and groups of the other run keep its codes and levels, and edges of the same widths their
grids. The rest is narrowed, or widened: calibration sees what was learnt, and the recipe's methods round

    w = v R m exp(r)      v a share that was learnt, of the range R m exp(r) of its group by the levels that it had

as they would round the weights of a float model. So bits are lowered gradually, by one run after the other.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from earnest.calibration.calibrate import calibrate
from earnest.errors import TrainingError
from earnest.integer.codes import weight_limit
from earnest.methods.learned_steps import share_codes
from earnest.methods.rounding import own_weights
from earnest.nn.model import TwinModel
from earnest.nn.parallel import one_torch_thread
from earnest.nn.weight import WeightCodes
from earnest.numerics.weight import largest_multiplier
from earnest.pipeline import Prepared, Progress, round_
from earnest.training.latents import Latents, reals
from earnest.training.rulers import spread


def begun(ready: Prepared, twins: Sequence[TwinModel], progress: Progress | None) -> Latents:
    """Latents of calibrated twins, those of `ready` first, at the codes that its recipe finds."""
    round_(ready, progress)
    latents = Latents(twins)
    latents.begin_(twins[0])
    return latents


def begun_from(
    learnt: Mapping[str, Tensor], ready: Prepared, twins: Sequence[TwinModel], progress: Progress | None
) -> Latents:
    """The same at what another run learnt, which is written to the twins. TrainingError where that is the state of
    another model.
    """
    try:
        same = Latents(twins).of_same_widths(learnt)
        for twin in twins:
            _write_(learnt, twin, same)
            with one_torch_thread():
                calibrate(twin, ready.batches)
        latents = Latents(twins) if all(same) else begun(ready, twins, progress)
        latents.take_up_(learnt)
    except (KeyError, IndexError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(
            f"start: expected the state of a run of the same model, got another one: {reason}"
        ) from error
    return latents


@torch.no_grad()
def _write_(learnt: Mapping[str, Tensor], twin: TwinModel, same: Sequence[bool]) -> None:
    """Give a twin the weights that were learnt, at their codes where these stay, and what is trained as it is."""
    for index, (own, stays) in enumerate(zip(own_weights(twin), same, strict=True)):
        own.weight.copy_(learnt_weight(learnt, index, coded=stays))
    for index, parameter in enumerate(reals(twin)):
        parameter.copy_(learnt[f"reals.{index}"])
    for call in twin.calls:
        own = twin.twin(call.name)
        if isinstance(own, WeightCodes):
            own.choose_levels_()


def learnt_weight(learnt: Mapping[str, Tensor], index: int, *, coded: bool) -> Tensor:
    """What a weight was trained to be, by the levels of the first ruler: at its code, or before it is rounded."""

    def of_ruler(name: str) -> Tensor:
        return learnt[f"rulers.0.{name}"]

    bits, group = of_ruler("widths")[index].tolist()
    weight_map = "odd" if of_ruler(f"odd_{index}") else "symmetric"
    limit, share = weight_limit(bits, weight_map), learnt[f"shares.{index}"]
    multiplier, reaches = of_ruler(f"multiplier_{index}").double(), f"rulers.0.group_reaches.{index}"
    if reaches in learnt:
        moved = multiplier * learnt[reaches].double().exp()
        multiplier = (moved + 0.5).floor().clamp(1, largest_multiplier(bits, weight_map))
    row = of_ruler(f"scale_{index}").double() * of_ruler(f"reaches.{index}").double().exp()
    codes = share_codes(share, bits, weight_map) if coded else share * limit
    return codes * spread(row[:, None] * multiplier, group, share.shape)
