"""Groups of the operators of a model of twins: by what they are, or each by itself. Layout is in none."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from earnest.integer.program.program import INPUT
from earnest.nn.layout import Layout
from earnest.nn.model import TwinModel
from earnest.nn.twins.weighted import Weighted

Groups = Mapping[str, Collection[str]]
"""Names of calls by the name of their group."""


def operators(model: TwinModel) -> list[str]:
    """The calls that compute: all but those of layout."""
    return [call.name for call in model.calls if not isinstance(model.twin(call.name), Layout)]


def by_operator(model: TwinModel) -> Groups:
    """Every operator by its own path."""
    return {name: (name,) for name in operators(model)}


def by_kind(model: TwinModel) -> Groups:
    """Every operator in one group:

    `positions` depend on no data; `softmax` with what divides by its sum; `norms`; `residual` sums, which norms and
    further sums read, and other `sums`; `attention products`; `functions` and products of activations; the `stem` of
    two-dimensional convolutions; `depthwise` ones; the `head`; other weights by the last name of their path.
    """
    fixed, heads = _fixed(model), sources(model)[model.result]
    found: dict[str, list[str]] = defaultdict(list)
    for name in operators(model):
        twin = model.twin(name)
        head = name in heads and isinstance(twin, Weighted)
        found["positions" if name in fixed else "head" if head else twin.group].append(name)
    return dict(found)


BY: dict[str, Callable[[TwinModel], Groups]] = {"kind": by_kind, "operator": by_operator}
"""How a model is divided, by name."""


def narrowest(model: TwinModel, calls: Collection[str]) -> int:
    """The fewest bits of the weights of a group, 0 where it has none."""
    twins = [model.twin(name) for name in calls]
    return min((twin.weight_bits for twin in twins if isinstance(twin, Weighted)), default=0)


def _fixed(model: TwinModel) -> set[str]:
    """The calls that no data reach."""
    found: set[str] = set()
    for call in model.calls:
        if all(name in found for name in call.inputs):
            found.add(call.name)
    return found


def sources(model: TwinModel) -> dict[str, frozenset[str]]:
    """The operators, or the input, whose values layout has moved to each value."""
    found = {INPUT: frozenset([INPUT])}
    for call in model.calls:
        moved = isinstance(model.twin(call.name), Layout)
        found[call.name] = (
            frozenset().union(*(found[name] for name in call.inputs)) if moved else frozenset([call.name])
        )
    return found
