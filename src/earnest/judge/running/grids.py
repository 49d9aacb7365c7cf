"""Whether values lie on a uniform grid, v = offset + step k with whole k: one for a tensor, or one for each row."""

import torch
from torch import Tensor

WEIGHT_LEVELS, ACTIVATION_LEVELS = 1 << 8, 1 << 16
GROUPS = (256, 128, 64, 32, 16)
"""The lengths of parts of a row that may have scales of their own."""

_TOLERANCE = 0.02
_PARTS = 24
_NEAR = 2.0**-6


def on_grid(values: Tensor, levels: int) -> bool:
    """Whether there is a step for the tensor, for every index of one of its axes, or for every group of a row, with
    which all values lie on a grid of at most `levels`.
    """
    values = values.detach().double()
    if values.numel() < 2:
        return True
    if not bool(torch.isfinite(values).all()):
        values = torch.where(torch.isfinite(values), values, 0.0)  # a mask's infinities are on any grid
    if _rows_on_grid(values.reshape(1, -1), levels):
        return True
    for axis in range(values.ndim):
        rows = values.movedim(axis, 0).flatten(1) if values.ndim > 1 else values[None]
        if rows.shape[1] > 3 and _rows_on_grid(rows, levels):
            return True
    return values.ndim > 1 and any(_groups_on_grid(values, size, levels) for size in GROUPS)


def near_whole(values: Tensor) -> bool:
    """Whether every value is an integer but for an error of rounding: what a division by a scale leaves of codes."""
    values = values.detach().double()
    nearest = values.round()
    return bool(((values - nearest).abs() < _NEAR).all()) and float(nearest.abs().max()) > 1


def _groups_on_grid(values: Tensor, size: int, levels: int) -> bool:
    for rows in (values.flatten(1), values.transpose(0, 1).flatten(1)):
        if rows.shape[1] > size and rows.shape[1] % size == 0 and _rows_on_grid(rows.reshape(-1, size), levels):
            return True
    return False


def _rows_on_grid(rows: Tensor, levels: int) -> bool:
    """Each row's smallest difference is some steps: the step is that difference or a part of it."""
    ordered = rows.sort(dim=1).values
    # float32 writes v = s k with an error of 2^-24 v: differences below a fraction of the finest step are none.
    finest = ordered.abs().amax(dim=1, keepdim=True) / (4 * levels)
    differences = ordered.diff(dim=1)
    apart = differences > finest
    if bool((apart.sum(dim=1) >= levels).any()):
        return False
    smallest = torch.where(apart, differences, torch.inf).amin(dim=1, keepdim=True)
    smallest = torch.where(torch.isfinite(smallest), smallest, 1.0)
    differences = torch.where(apart, differences, 0.0)
    for part in range(1, _PARTS + 1):
        step = _refined(differences, smallest / part, 4 * _PARTS)
        left = ~_lies(ordered - ordered[:, :1], step, levels)
        if not bool(left.any()):
            return True
        ordered, differences, smallest = ordered[left], differences[left], smallest[left]
    return False


def _lies(offsets: Tensor, step: Tensor, levels: int) -> Tensor:
    """Whether all of a row's offsets are whole numbers of a step that is refined over ever longer reaches."""
    for reach in (16, 256, 4096, levels):
        step = _refined(offsets, step, reach)
    places = offsets / step
    return ((places - places.round()).abs() < _TOLERANCE).all(dim=1) & (places[:, -1] < levels - 0.5)


def _refined(offsets: Tensor, step: Tensor, reach: int) -> Tensor:
    """The step that fits best, by least squares, the offsets of at most `reach` steps."""
    near = offsets <= step * (reach + 0.5)
    places = torch.where(near, (offsets / step).round(), 0.0)
    weight = (places * places).sum(dim=1, keepdim=True)
    return torch.where(weight > 0, (places * offsets).sum(dim=1, keepdim=True) / weight.clamp(min=1.0), step)
