"""Rules of recurrences: of every layer and direction a linear over all steps, and the recurrence that reads it."""

from earnest.nn.twins.concat import Concat
from earnest.nn.twins.gru import GatedRecurrentUnit
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.lstm import LongShortTermMemory
from earnest.nn.twins.recurrence import Recurrence
from earnest.nn.twins.slice import Slice
from earnest.nn.twins.transpose import Transpose
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat

_TIME_FIRST = (1, 0, 2)


def _recurrence(twin: type[Recurrence]) -> Rule:
    def rule(converter: Converter, node: Flat) -> Draft:
        x, states, parameters, has_biases, layers, bidirectional, batch_first = node.args
        if any(converter.uniform(state) != 0 for state in states):
            raise converter.unsupported(node, "starts from states that are given; expected none, which are 0")
        each, directions = 4 if has_biases else 2, 2 if bidirectional else 1
        if len(parameters) != each * layers * directions:
            raise converter.unsupported(node, "projects its hidden states, which has no twin; expected proj_size = 0")
        value, places = converter.operand(x), iter(range(0, len(parameters), each))
        if not batch_first:
            value = converter.make(Transpose, [value], order=_TIME_FIRST)
        for _ in range(layers):
            made = [
                _layer(converter, twin, value, parameters[place : place + each], reverse=reverse)
                for reverse, place in zip((False, True)[:directions], places, strict=False)
            ]
            value = converter.make(Concat, made, axis=2) if bidirectional else made[0]
        return value if batch_first else converter.make(Transpose, [value], order=_TIME_FIRST)

    return rule


def _layer(
    converter: Converter, twin: type[Recurrence], value: Draft, parameters: tuple[Flat, ...], *, reverse: bool
) -> Draft:
    of_input, of_hidden, *biases = (converter.parameter(each) for each in parameters)
    bias, own = ({"bias": each} for each in biases) if biases else ({}, {})
    arguments = converter.make(Linear, [value], parameters={"weight": of_input, **bias})
    return converter.make(twin, [arguments], parameters={"weight": of_hidden, **own}, reverse=reverse)


def part_of_recurrence(converter: Converter, node: Flat) -> Draft:
    """All hidden states, or the last ones of every layer and direction, [layers * directions, batch, units]."""
    whole, index = node.args[:2]
    if index == 0:
        return converter.operand(whole)
    if index > 1:
        raise converter.unsupported(node, "reads the cells of an LSTM; expected its hidden states, all or the last")
    time = converter.shape(whole.args[0])[1 if whole.args[-1] else 0]
    parts = []
    for each in [made for made in converter.made_for[whole] if made.is_a(Recurrence)]:
        start, stop = (0, 1) if each.settings["reverse"] else (("+", time, -1), time)
        last = converter.make(Slice, [each], axis=1, start=start, stop=stop, step=1)
        parts.append(converter.make(Transpose, [last], order=_TIME_FIRST))
    return parts[0] if len(parts) == 1 else converter.make(Concat, parts, axis=0)


RECURRENT_RULES: dict[str, Rule] = {
    "earnest.lstm.default": _recurrence(LongShortTermMemory),
    "earnest.gru.default": _recurrence(GatedRecurrentUnit),
}
