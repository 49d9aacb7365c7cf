"""`earnest explain`: where twins and program differ, and which operators add the error against the float model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import AllowPickle, AsJson, CalibrationFolder, CalibrationLimit, Quiet, RecipeName, TargetName
from earnest.cli.terminal import columns, print_json, progress

if TYPE_CHECKING:
    from earnest.lab.explanation import Explanation


def explain(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder, a .safetensors or a .nemo.")],
    recipe: RecipeName,
    target: TargetName,
    calibrate: CalibrationFolder,
    calibration_limit: CalibrationLimit = 64,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Recordings to compare on; else those of --calibrate.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Recordings to compare on.")] = 4,
    top: Annotated[int, typer.Option("--top", min=1, help="Operators to list.")] = 20,
    allow_pickle: AllowPickle = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare a program with its twins code for code, and its operators with the float model."""
    from earnest.integer.program.target import load_target
    from earnest.speech.librispeech import read_split, select
    from earnest.swapping.recipe import load_recipe

    device, rules = load_target(target), load_recipe(recipe)
    calibration = read_split(calibrate, transcripts="absent")
    compared = calibration if data is None else read_split(data, transcripts="absent")

    from earnest.lab.explanation import explain as whole_explanation
    from earnest.models import load
    from earnest.pipeline import quantize
    from earnest.runtime.naming import model_name

    loaded = load(model, allow_pickle=allow_pickle)
    recordings = [utterance.path for utterance in select(calibration, calibration_limit)]
    with progress(quiet=quiet) as shown:
        quantized = quantize(loaded, rules, device, recordings, name=model_name(model), progress=shown)
        explanation = whole_explanation(quantized, loaded, select(compared, limit), shown)
    if as_json:
        print_json(_found(explanation, top))
    else:
        _print(explanation, top)
    if explanation.differing:
        raise typer.Exit(1)


def _found(explanation: "Explanation", top: int) -> dict[str, Any]:
    from dataclasses import asdict

    first = explanation.first
    return {
        "utterances": explanation.utterances,
        "values": explanation.values,
        "codes": explanation.codes,
        "differing_codes": explanation.differing,
        "first_difference": None if first is None else {"utterance": first[0], **asdict(first[1])},
        "operators": [asdict(error) for error in explanation.errors[:top]],
    }


def _print(explanation: "Explanation", top: int) -> None:
    print(
        f"twins and program: {explanation.differing} of {explanation.codes} codes differ, "
        f"at {explanation.values} values of {explanation.utterances} utterances"
    )
    if explanation.first is not None:
        utterance, first = explanation.first
        print(f"first: {first.name}, {first.differing} of {first.elements} codes, utterance {utterance}")
    print("signal over error in decibel, against float: what an operator adds, and what has come together behind it")
    rows = [
        (f"{error.added:.1f}", f"{error.total:.1f}", error.kind, str(error.bits), error.name)
        for error in explanation.errors[:top]
    ]
    print(columns([("added", "total", "kind", "bits", "path"), *rows]))
