"""Comparison: where a twin and its program differ, and which operators add the error against the float model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from earnest.integer.codes import storage
from earnest.nn.edge import CalibratedEdge, Edge
from earnest.nn.functions import in_torch
from earnest.nn.layout import Layout
from earnest.nn.model import Inputs, TwinModel, run_real, walk
from earnest.nn.twin import Twin

RunProgram = Callable[..., object]
"""Runs a program on the codes of its inputs and shows every value by name: `ReferenceBackend(program).run`."""

TINY = 1e-30


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How many codes of one value differ between the twin and the program."""

    name: str
    differing: int
    elements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorError:
    """Error of one operator in decibel of signal over error: what it adds by itself, and what has come together so far.

    `added` compares the law with the float operator on the very same inputs, `total` with the float model.
    """

    name: str
    kind: str
    bits: int
    added: float
    total: float


def differences(model: TwinModel, run_program: RunProgram, inputs: Inputs) -> list[Difference]:
    """Every value of the program against the twin's, in the order of the graph, for one utterance [1, time, ...]."""
    carriers: dict[str, np.ndarray] = {}
    with torch.no_grad():
        model.codes(inputs, lambda name, carrier: carriers.__setitem__(name, carrier.cpu().numpy()))
    found: list[Difference] = []

    def compare(name: str, codes: np.ndarray) -> None:
        twin = carriers[name]
        differing = codes.size if twin.shape != codes.shape else int((twin != codes).sum())
        found.append(Difference(name=name, differing=differing, elements=codes.size))

    run_program(*program_inputs(model, inputs), observe=compare)
    return found


def program_inputs(model: TwinModel, inputs: Inputs) -> list[np.ndarray]:
    """The codes that the program of a calibrated model reads."""
    edges = {name: model.edge(name) for name in model.read(inputs)}
    return [
        carrier.detach().cpu().numpy().astype(storage(edges[name].bits, signed=edges[name].signed))
        for name, carrier in model.carriers(inputs).items()
    ]


def first_difference(found: Sequence[Difference]) -> Difference | None:
    """The earliest value with a differing code, if there is one."""
    return next((difference for difference in found if difference.differing), None)


def operator_errors(model: TwinModel, inputs: Inputs) -> list[OperatorError]:
    """Errors of all operators but layout on one utterance, those that add most first."""
    reals: dict[str, Tensor] = {}
    found: list[OperatorError] = []
    names = iter([call.name for call in model.calls])
    symbols = model.symbols(inputs)

    def compute(twin: Twin, codes: list[Tensor]) -> Tensor:
        name = next(names)
        carrier = twin.run(codes, symbols)
        if not isinstance(twin, Layout):
            read = as_read(twin.output)
            value = read(twin.output.real(carrier))
            operands = [edge.real(x) for edge, x in zip(twin.operands, codes, strict=True)]
            alone = read(twin.real(operands, twin.trainable(), symbols))
            found.append(
                OperatorError(
                    name=name,
                    kind=twin.kind,
                    bits=twin.output.bits,
                    added=decibel(alone, value),
                    total=decibel(read(reals[name]), value),
                )
            )
        return carrier

    with torch.no_grad():
        run_real(model, inputs, reals.__setitem__)
        walk(model, model.carriers(inputs), compute, None)
    return sorted(found, key=lambda error: error.added)


def as_read(edge: Edge) -> Callable[[Tensor], Tensor]:
    """The function that alone reads an edge, else the identity: ReLU does not miss what it sets to 0."""
    function = edge.function if isinstance(edge, CalibratedEdge) else None
    return (lambda x: x) if function is None else (lambda x: in_torch(function, x))


def decibel(signal: Float[Tensor, "*shape"], value: Float[Tensor, "*shape"]) -> float:
    """10 log10 of the signal's energy over that of the difference."""
    signal = signal.double()
    noise = float((signal - value.double()).square().sum())
    return 10.0 * float(np.log10(max(float(signal.square().sum()), TINY) / max(noise, TINY)))
