"""The operators of a model of twins."""

from earnest.nn.model import TwinModel
from earnest.nn.twin import Twin


def kinds_of(twin: TwinModel) -> list[str]:
    return [twin.twin(call.name).kind for call in twin.calls]


def operators_of(twin: TwinModel) -> dict[str, Twin]:
    return {call.name: twin.twin(call.name) for call in twin.calls}
