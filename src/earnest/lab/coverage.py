"""Coverage: what became of a family of recognisers at a tiny random configuration; one row of the ledger for each.

Signal over noise of the logits is 10 log10(sum y^2 / sum (y - q)^2), y the float model's, q the real values of the
program's codes, the least over the utterances measured. `differing` counts every code of every value between twin and
program on the reference backend, and the codes of the result on the native backend and in onnxruntime.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from earnest.engine import NativeBackend
from earnest.export.session import Replay
from earnest.file import save
from earnest.integer.program import Program
from earnest.integer.target import load_target
from earnest.integer.verifier import verify
from earnest.judge.audit import audit
from earnest.lab.families import TRANSDUCERS, Family
from earnest.lab.family_front_ends import front_end_of_family
from earnest.ledger.coverage import COVERAGE, CoverageRow
from earnest.ledger.ledger import environment
from earnest.models.generation import decoding_from, generation_from, transduction_from
from earnest.nn.comparison import decibel, differences, program_inputs
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.pipeline import input_grid, quantized_twin
from earnest.runtime.decoding import Decoding
from earnest.runtime.description import Description
from earnest.runtime.reference import ReferenceBackend
from earnest.runtime.text import Tokens
from earnest.runtime.transduction import Transduction
from earnest.runtime.vocabulary import SENTENCEPIECE, Vocabulary

CALIBRATED, MEASURED = (400, 381, 360, 341, 320, 301, 280, 261), (97, 160, 251)
"""Frames of the inputs that ranges come from, and of those that are measured: other lengths, other values."""


def measure(family: Family, recipe: str, target: str, *, command: str) -> CoverageRow:
    """The row of one family: captured, swapped, calibrated, lowered, proved, run three ways, written and judged."""
    module = family.module()
    twin = quantized_family(family, module, recipe, target)
    program = lower(twin, _description(family, twin, recipe))
    verify(program, load_target(target))
    row: dict[str, Any] = {
        "kind": COVERAGE,
        "family": family.name,
        "source": family.source,
        "part": family.part,
        "recipe": recipe,
        "target": target,
        "operators": dict(sorted(Counter(step.operator.kind for step in program.steps).items())),
        "aten_operators": len(twin.report.rows),
        "float_bytes": 4 * sum(parameter.numel() for parameter in module.parameters()),
    }
    made = {"command": command, **environment(("transformers",))}
    return CoverageRow.of(row | _runs(family, module, twin, program) | _judged(program) | made)


def quantized_family(
    family: Family,
    module: torch.nn.Module,
    recipe: str,
    target: str,
    *,
    frames: tuple[int, ...] = CALIBRATED,
    longest: int | None = None,
) -> TwinModel:
    """The calibrated twins of a family's module; ranges are those of inputs of so many frames, and the greatest time is
    the family's own unless it is given.
    """
    return quantized_twin(
        module,
        recipe,
        target,
        family.inputs(frames, 0),
        features=family.features,
        longest=family.longest if longest is None else longest,
        one_length=family.frames is not None,
        most_tokens=family.most_tokens,
    )


def _runs(family: Family, module: torch.nn.Module, twin: TwinModel, program: Program) -> dict[str, Any]:
    """Codes that differ, and the least signal over noise."""
    reference, native, replay = ReferenceBackend(program, exact=True), NativeBackend(program), Replay(program)
    codes, ratios = 0, []
    differing: Counter[str] = Counter({"reference": 0, "native": 0, "onnx": 0})
    for inputs in family.inputs(MEASURED, 1):
        found = differences(twin, reference.run, inputs)
        codes += sum(difference.elements for difference in found)
        differing["reference"] += sum(difference.differing for difference in found)
        with torch.no_grad():
            expected = twin.codes(inputs).numpy()
            read = twin.read(inputs).values()
            ratios.append(decibel(module(*read), twin(*read)))
        for name, run in (("native", native.run), ("onnx", replay.run)):
            differing[name] += int(np.count_nonzero(run(*program_inputs(twin, inputs)) != expected))
    return {"codes": codes, "differing": dict(differing), "decibel": round(min(ratios), 2)}


def _judged(program: Program) -> dict[str, Any]:
    """The size of the file, and its verdict."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.earnest"
        save(program, file)
        verdict = audit(file)
        figures = verdict.sections[0].figures
        return {
            "file_bytes": file.stat().st_size,
            "multiply_accumulates": dict(figures["multiply_accumulates"]["by_bits"]),
            "level": str(verdict.level),
        }


def _description(family: Family, twin: TwinModel, recipe: str) -> dict[str, Any]:
    """What can be declared truly: a program has tokens and a front end that earnest has, or says nothing of them."""
    front_end = front_end_of_family(family)
    if front_end is None:
        return {}
    decodes = twin.tokens is not None
    pieces = tuple(f"t{index}" for index in range(twin.tokens.classes if twin.tokens is not None else _classes(family)))
    described = Description(
        front_end=front_end,
        input_grid=input_grid(twin),
        tokens=Vocabulary(coding=SENTENCEPIECE, pieces=pieces, special=()) if decodes else Tokens(pieces=pieces),
        recipe=recipe,
        model=f"{family.name}, random weights",
        calibration=(),
        decoding=decoding_of_family(family, twin) if decodes else None,
    )
    return described.to_dict()


def decoding_of_family(family: Family, twin: TwinModel) -> Decoding | Transduction:
    """What the family's class says of its tokens by itself."""
    model: Any = family.module().get_submodule("model")
    said, most = model.generation_config, family.most_tokens or 0
    if family.name in TRANSDUCERS:
        return decoding_from(transduction_from(model.config, said, most_tokens=most), twin)
    return decoding_from(generation_from(said, classes=_classes(family), most_tokens=most), twin)


def _classes(family: Family) -> int:
    (inputs,) = family.inputs((101,), 2)
    with torch.no_grad():
        return int(family.module()(*(inputs if isinstance(inputs, tuple) else (inputs,))).shape[-1])
