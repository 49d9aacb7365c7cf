"""A site: where a twin comes to stand, and what capture, recipe and target say of that place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from earnest.nn.edge import Edge

Role = Literal["activation", "argument", "residual", "scores", "logits", "accumulator", "position", "probabilities"]
"""What a value is for: read by products; by functions alone; by sums and norms; by a softmax; by the decoder; handed on
unrounded; a table or a bias that depends on no data; the result of a softmax."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The edges that are read and the one that is made; parameters and settings of the captured operator; what the
    recipe says of its weights, by the names that twins of weights have for it; and the bits of a gate on the target.
    """

    operands: Sequence[Edge]
    output: Edge
    parameters: Mapping[str, Tensor]
    settings: Mapping[str, Any]
    weights: Mapping[str, Any]
    gate_bits: int
