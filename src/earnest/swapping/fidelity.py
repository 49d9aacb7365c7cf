"""Fidelity: the float operators of the twins, in their graph, give what the float model gives, at sizes never traced.

This is what stands between a rule that is wrong and a program that is wrong in silence.
"""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from earnest.errors import CaptureError
from earnest.nn.model import Inputs, TwinModel, run_real
from earnest.swapping.capture import example, example_tokens, steps

SIZES = ((1, 97), (3, 160))
"""Batches and frames; a model of samples gets as many times more of them as its example."""

TOLERANCE = 1e-3
"""Of the largest |logit|: float32 rounding, which depth multiplies, stays far below; a wrong operator far above."""

LONG = 1500
"""Of the longest lengths this one is run: attention grows with the square."""


TOKEN_COUNTS = (5, 12, 200, 1)
"""How many tokens a decoder gets at these sizes."""


def check_faithful(
    model: nn.Module, twin: TwinModel, features: int | None, padding: Collection[int] = frozenset()
) -> None:
    """Refuse twins whose float graph differs from the model at the shortest, a long, and two other sizes."""
    unit = steps(features)
    sizes = [(batch, frames * unit) for batch, frames in (*SIZES, (1, LONG))]
    for (batch, wanted), count in zip((*sizes, (1, twin.shortest)), TOKEN_COUNTS, strict=True):
        time = min(max(wanted, twin.shortest), twin.longest)
        inputs: Inputs = example(batch, time, features)
        if twin.tokens is not None:
            tokens = example_tokens(batch, min(count, twin.tokens.longest), twin.tokens.classes, padding)
            inputs = (inputs, tokens)
        where = f"at batch {batch}, length {time}"
        try:
            with torch.no_grad():
                expected, got = one_tensor(model(*twin.read(inputs).values())), run_real(twin, inputs)
        except (RuntimeError, AssertionError) as error:
            first = (str(error).splitlines() or [""])[0]
            raise CaptureError(f"the captured graph cannot be run {where}: {first}") from error
        if expected.shape != got.shape:
            raise CaptureError(
                f"the captured graph gives {tuple(got.shape)} {where}; the model {tuple(expected.shape)}"
            )
        worst = float((expected - got).abs().max())
        if not worst <= TOLERANCE * max(float(expected.abs().max()), 1e-30):
            raise CaptureError(
                f"the captured graph differs from the model by {worst:.3g} {where}, where the largest value is "
                f"{float(expected.abs().max()):.3g}: an operator was taken for what it is not; please report the model"
            )


def one_tensor(output: object) -> Tensor:
    """The one tensor of a model's output."""
    if isinstance(output, Tensor):
        return output
    values = list(output.values()) if isinstance(output, Mapping) else output
    tensors = [value for value in values if isinstance(value, Tensor)] if isinstance(values, Sequence) else []
    if len(tensors) != 1:
        raise CaptureError(
            f"expected a model that returns one tensor, got {type(output).__name__}: wrap it so that it does"
        )
    return tensors[0]
