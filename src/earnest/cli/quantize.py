"""`earnest quantize`: a float model, a recipe, a target and recordings become one file of integers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import (
    AllowPickle,
    AsJson,
    CalibrationFolder,
    CalibrationLimit,
    Quiet,
    RecipeName,
    TargetName,
    existing_folder_of,
)
from earnest.cli.terminal import megabytes, print_json, print_table, progress

if TYPE_CHECKING:
    from earnest.models import FloatModel
    from earnest.pipeline import Quantized
    from earnest.speech.librispeech import Utterance
    from earnest.swapping.report import SwapReport

LONGEST_SECONDS, DEFAULT_SECONDS = 600, 60
Budget = Annotated[
    str | None,
    typer.Option("--budget", help="Find the width of each weight under '4.5 bits', '7.4 MB', '20 Gbitops' or '40 ms'."),
]
Longest = Annotated[
    int | None,
    typer.Option(
        "--longest",
        min=1,
        max=LONGEST_SECONDS,
        help="Longest recording, in seconds; 60 if not given, or all that the model hears.",
    ),
]


def quantize(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder, a .safetensors or a .nemo.")],
    recipe: RecipeName,
    target: TargetName,
    calibrate: CalibrationFolder,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The program to write.")],
    calibration_limit: CalibrationLimit = 64,
    budget: Budget = None,
    longest: Longest = None,
    allow_pickle: AllowPickle = False,
    report: Annotated[bool, typer.Option("--report", help="Show what became of every operator.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make one file of integers from a float model."""
    from earnest.integer.program.target import load_target
    from earnest.speech.librispeech import read_split, select
    from earnest.swapping.recipe import load_recipe

    existing_folder_of(output, "--output")
    device, named = load_target(target), load_recipe(recipe)
    rules = named if budget is None else named.under(budget)
    utterances = select(read_split(calibrate, transcripts="absent"), calibration_limit)

    from earnest.file import save
    from earnest.models import load
    from earnest.pipeline import quantize as whole_way
    from earnest.runtime.naming import model_name

    loaded = load(model, allow_pickle=allow_pickle)
    with progress(quiet=quiet) as shown:
        quantized = whole_way(
            loaded,
            rules,
            device,
            [utterance.path for utterance in utterances],
            name=model_name(model),
            longest=_frames(loaded, longest),
            progress=shown,
        )
    save(quantized.program, output)
    account: SwapReport = quantized.twin.report
    found = _found(quantized, loaded, output, device.accumulator_bits) | _calibration(utterances, calibrate)
    found["operators_of_the_graph"] = account.counts()
    _show(found, account, report=report, as_json=as_json)


def _show(found: dict[str, Any], account: "SwapReport", *, report: bool, as_json: bool) -> None:
    if as_json:
        print_json(found | ({"report": _rows(account)} if report else {}))
        return
    if report:
        print_table(account.table())
    _print(found)


def _frames(model: "FloatModel", seconds: int | None) -> int:
    """Frames of so many seconds; refused where the float model itself cannot hear that long, or hears one length."""
    rate, most = model.front_end.sample_rate / model.front_end.hop, model.longest
    if seconds is None:
        return min(round(DEFAULT_SECONDS * rate), most)
    frames = round(seconds * rate)
    if frames > most:
        raise typer.BadParameter(f"--longest: this model hears at most {most / rate:g} s, got {seconds} s")
    if model.front_end.only_frames not in (None, frames):
        raise typer.BadParameter(f"--longest: this model hears {most / rate:g} s and no less, got {seconds} s")
    return frames


def _found(quantized: "Quantized", model: "FloatModel", output: Path, allowed: int) -> dict[str, Any]:
    from collections import Counter

    from earnest.evaluation.anatomy import file_sha256, mean_bits, title
    from earnest.evaluation.evaluation import parameter_bytes
    from earnest.runtime.description import describe

    program = quantized.program
    float_bytes = parameter_bytes(model)
    return {
        "file": str(output),
        "program": title(program),
        "program_sha256": file_sha256(output),
        "recipe": describe(program).recipe,
        "target": program.target,
        "model": describe(program).model,
        "operators": dict(sorted(Counter(step.operator.kind for step in program.steps).items())),
        "mean_weight_bits": round(mean_bits(program), 4),
        "file_bytes": output.stat().st_size,
        "float_bytes": float_bytes,
        "ratio": round(output.stat().st_size / float_bytes, 4),
        "accumulator_bits": quantized.proof.accumulator_bits,
        "accumulator_bits_allowed": allowed,
        "shortest_frames": program.input.shortest,
        "longest_frames": program.input.longest,
    }


def _calibration(utterances: "list[Utterance]", folder: Path) -> dict[str, Any]:
    from earnest.speech.librispeech import data_sha256

    return {
        "calibration": {
            "data": folder.resolve().name,
            "recordings": len(utterances),
            "data_sha256": data_sha256(utterances),
        }
    }


def _rows(account: "SwapReport") -> list[dict[str, str]]:
    from dataclasses import asdict

    return [asdict(row) for row in (*account.rows, *account.inserted)]


def _print(found: dict[str, Any]) -> None:
    calibration = found["calibration"]
    print(f"{found['file']}: {found['program']} (recipe {found['recipe']}, target {found['target']})")
    print(f"operators: {', '.join(f'{count} {kind}' for kind, count in found['operators'].items())}")
    print(
        f"size: {megabytes(found['file_bytes'])}, {found['ratio']:.3f} of {megabytes(found['float_bytes'])} of float32 "
        f"parameters; {found['mean_weight_bits']:.2f} bits per weight"
    )
    print(
        f"proved: every sum within {found['accumulator_bits']} bits of the {found['accumulator_bits_allowed']} that "
        f"there are, for {found['shortest_frames']} to {found['longest_frames']} frames"
    )
    print(f"calibrated on {calibration['recordings']} recordings of {calibration['data']}")
