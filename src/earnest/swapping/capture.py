"""Capture: `torch.export`, batch and time dynamic, and every ATen operator accounted for.

A symbol that got specialised is refused, and the exported graph is run at other sizes and compared with the eager
model. An operator that is no twin, no layout, no folding and no table stops the capture with its name, module path
and source line.
"""

import warnings
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from earnest.errors import CaptureError
from earnest.integer.dimension import TIME, TOKENS, evaluate
from earnest.swapping.conversion import Conversion
from earnest.swapping.graph.graph import Graph
from earnest.swapping.graph.relative_shifts import find_relative_shifts
from earnest.swapping.trace.dimensions import dimension_of
from earnest.swapping.trace.flat import Flat, flatten, needed
from earnest.swapping.trace.recurrent_operators import AsOneOperator
from earnest.swapping.trace.tables import BATCH

EXAMPLE_BATCH, EXAMPLE_TIME, EXAMPLE_TOKENS, SHORTEST_EXAMPLE = 2, 141, 7, 5

SAMPLES = 41
"""Samples of a model that reads [batch, time] for each frame of one that reads features: odd, as the example is, so
that no stride divides either, and enough for the convolutions of a waveform.
"""


def capture(
    model: nn.Module, *, features: int | None, longest: int, one_length: bool = False, most_tokens: int | None = None
) -> Graph:
    """The graph of a float model in evaluation mode, for inputs [batch, time, features] (or [batch, time] without
    features).

    `longest` is the greatest time, in frames or in samples; tables of positions are computed up to it. With
    `one_length` the model takes no other, and time is no symbol. With `most_tokens` it reads tokens [batch, tokens]
    too, so many at most. CaptureError where the model cannot be captured whole.
    """
    if model.training:
        raise CaptureError("expected a model in evaluation mode; call model.eval() first")
    if longest < SHORTEST_EXAMPLE:
        raise CaptureError(f"expected a greatest length of at least {SHORTEST_EXAMPLE} frames, got {longest}")
    time = longest if one_length else min(EXAMPLE_TIME * steps(features), longest)
    inputs = (example(EXAMPLE_BATCH, time, features),)
    if most_tokens is not None:
        inputs = (*inputs, example_tokens(EXAMPLE_BATCH, min(EXAMPLE_TOKENS, most_tokens), 2))
    exported = _export(model, inputs, one_length=one_length)
    nodes, result = flatten(exported)
    source, *tokens = (node for node in nodes if node.is_input)
    names = _symbols(source, tokens, one_length=one_length)
    shortest, longest = (longest, longest) if one_length else _lengths(exported, source, longest)
    ranges = {TOKENS: (1, _lengths(exported, tokens[0], most_tokens)[1])} if most_tokens is not None else {}
    read = needed(nodes, result)
    most = {symbol: ends[1] for symbol, ends in ranges.items()}
    shortest = _never_empty([node for node in nodes if node in read], names, most, shortest, longest)
    draft = Conversion(nodes, names, {TIME: (shortest, longest), **ranges}).convert(result)
    find_relative_shifts(draft)
    draft.prune()
    return draft.frozen(model)


def steps(features: int | None) -> int:
    """How many steps of time stand for one frame in an example."""
    return 1 if features is not None else SAMPLES


def example(batch: int, time: int, features: int | None) -> Tensor:
    """Normal features, the same for the same length."""
    generator = torch.Generator().manual_seed(time)
    shape = (batch, time) if features is None else (batch, time, features)
    return torch.randn(shape, generator=generator)


def example_tokens(batch: int, count: int, classes: int, padding: Collection[int] = ()) -> Tensor:
    """Tokens at random, none of them padding, the same for the same number."""
    generator = torch.Generator().manual_seed(count)
    known = torch.tensor([token for token in range(classes) if token not in padding])
    return known[torch.randint(len(known), (batch, count), generator=generator)]


def _export(model: nn.Module, inputs: tuple[Tensor, ...], *, one_length: bool) -> ExportedProgram:
    free = {0: Dim.DYNAMIC, 1: Dim.DYNAMIC}
    sizes = ({0: Dim.DYNAMIC} if one_length else free, *(free for _ in inputs[1:]))
    try:
        with torch.no_grad(), warnings.catch_warnings(), AsOneOperator():
            # A model that keeps its table of positions from call to call, or a recurrence its list of weights: they are
            # in the graph, and are checked.
            warnings.filterwarnings("ignore", message="The tensor attributes? .* assigned during export")
            return torch.export.export(model, inputs, dynamic_shapes=sizes, strict=False)
    except CaptureError:
        raise
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CaptureError(
            f"torch.export cannot trace {type(model).__name__} with batch and time dynamic: {first}. "
            "Remove control flow that depends on data or on sizes, or wrap the model"
        ) from error


def _symbols(source: Flat, tokens: Sequence[Flat], *, one_length: bool) -> Mapping[str, str]:
    """torch's symbols for batch, time and tokens; a specialised size is refused, but for the one length of a model."""
    names = {}
    sizes = [(source, 0, BATCH)] if one_length else [(source, 0, BATCH), (source, 1, TIME)]
    sizes += [(node, axis, name) for node in tokens for axis, name in ((0, BATCH), (1, TOKENS))]
    for node, axis, name in sizes:
        size = node.value.shape[axis]
        if not isinstance(size, torch.SymInt):
            raise CaptureError(f"the model's {name} was specialised to {size}: expected a graph for every {name}")
        names[str(size.node.expr)] = name
    return names


def _lengths(exported: ExportedProgram, source: Flat, longest: int) -> tuple[int, int]:
    """Shortest and greatest length that both the graph and the caller allow."""
    symbol = source.value.shape[1].node.expr
    bounds = exported.range_constraints.get(symbol)
    low = int(bounds.lower) if bounds is not None else 1
    high = int(bounds.upper) if bounds is not None and str(bounds.upper) != "int_oo" else longest
    if low > min(high, longest):
        raise CaptureError(f"expected a greatest length of at least {low} frames, got {longest}")
    return max(low, 1), min(high, longest)


def _never_empty(
    nodes: Sequence[Flat], names: Mapping[str, str], most: Mapping[str, int], shortest: int, longest: int
) -> int:
    """The shortest time at which no value is without elements, where there are the most tokens."""
    tensors = [node.value for node in nodes if isinstance(node.value, Tensor)]
    sizes = {dimension_of(size, names) for value in tensors for size in value.shape}
    for time in range(shortest, longest + 1):
        if all(evaluate(size, {BATCH: 1, TIME: time, **most}) >= 1 for size in sizes):
            return time
    raise CaptureError(f"expected a model with values at some length up to {longest}")
