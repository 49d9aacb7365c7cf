"""Lowering: the twins' integer operators, as they are, become a program. A change of form, not of value."""

from collections.abc import Mapping
from typing import Any

from earnest.errors import ProgramError
from earnest.integer.dimension import TIME, TOKENS, substitute
from earnest.integer.program.program import INPUT, Input, Program, Step
from earnest.nn.model import TOKEN_BITS, Tokens, TwinModel
from earnest.nn.twins.scaled import Scaled

BATCH = "batch"


ONE_UTTERANCE = {BATCH: 1}


def lower(model: TwinModel, description: Mapping[str, Any]) -> Program:
    """The program of a calibrated model; values keep the paths of their twins."""
    names: dict[str, str] = {INPUT: INPUT, TOKENS: TOKENS}
    steps: list[Step] = []
    for call in model.calls:
        twin = model.twin(call.name)
        inputs = tuple(names[name] for name in call.inputs)
        if isinstance(twin, Scaled):
            names[call.name] = inputs[0]
            continue
        names[call.name] = call.name
        steps.append(Step(name=call.name, operator=twin.law().substituted(ONE_UTTERANCE), inputs=inputs))
    if names[model.result] == INPUT:
        raise ProgramError("expected a model with at least one operator")
    grid = model.input.grid
    shape = tuple(substitute(extent, ONE_UTTERANCE) for extent in model.input_shape)
    if shape.count(TIME) != 1:
        raise ProgramError(f"expected an input with one axis of time, got {shape}")
    spec = Input.whole(bits=grid.bits, signed=grid.signed, shape=shape, shortest=model.shortest, longest=model.longest)
    return Program(
        target=model.target,
        inputs=(spec,) if model.tokens is None else (spec, token_input(model.tokens)),
        steps=tuple(steps),
        output=names[model.result],
        description=description,
    )


def token_input(tokens: Tokens) -> Input:
    """What a decoder reads: from one token on."""
    return Input(
        name=TOKENS,
        bits=TOKEN_BITS,
        signed=False,
        low=0,
        high=tokens.classes - 1,
        shape=(1, TOKENS),
        shortest=1,
        longest=tokens.longest,
    )
