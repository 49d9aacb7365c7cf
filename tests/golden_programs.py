"""Golden programs: the hash of every file that the shipped models make, by model, recipe and target.

`python -m tests.golden_programs` makes the programs and compares them with golden_programs.json; `--write` writes their
hashes anew, which is right only when programs are meant to change. Names of models may follow, to make theirs alone.

Libraries choose their loops by the processor, and sums in another order differ in the last bit; so the programs are
made in a process of their own that is held to the plainest loops on one thread, and are the same on every x86-64.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden_programs.json"
BOX = "box"

PLAIN = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "MKL_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "",
    "OMP_NUM_THREADS": "1",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What holds torch, its libraries, NumPy's and SciPy's to loops that every x86-64 has."""

WAYS = (("w8a8", "int8x16"), ("w4a8", "int8x16"), ("w4a8-best", "int8x16"), ("w8a8", "int8"))
"""Recipe and target."""

QUICK = (
    (BOX, "w8a8", "int8x16"),
    ("torch-decoder", "w4a8-best", "int8x16"),
    ("torch-lstm", "w8a8", "int8x16"),
    ("wav2vec2-base", "w8a8", "int8"),
    ("parakeet-tdt", "w4a8", "int8x16"),
)
"""What `make test` makes; `make test-slow` makes all."""


def ways(models: Sequence[str]) -> list[tuple[str, str, str]]:
    """Every model by every recipe and target; for some the 8-bit target has no operators."""
    return [(model, recipe, target) for model in models for recipe, target in WAYS]


def models() -> list[str]:
    """The model of the box, and all families."""
    from earnest.zoo.families import FAMILIES

    return [BOX, *FAMILIES]


def sha256_of(model: str, recipe: str, target: str) -> str:
    """The hash of the file of a program, made here and now; `refused` and why where the target does not have it."""
    from earnest.errors import EarnestError
    from earnest.file.program import dumps

    try:
        program = _box(recipe, target) if model == BOX else _family(model, recipe, target)
    except EarnestError as error:
        return f"refused: {type(error).__name__}"
    return hashlib.sha256(dumps(program)).hexdigest()


def _box(recipe: str, target: str) -> Any:
    from earnest.models import load
    from earnest.pipeline import quantize
    from earnest.speech.librispeech import read_split

    recordings = [each.path for each in read_split(ROOT / "box" / "speech" / "calibration", transcripts="absent")]
    model = load(ROOT / "box" / "box-conformer-ctc")
    return quantize(model, recipe, target, recordings[:8], name="box-conformer-ctc").program


def _family(name: str, recipe: str, target: str) -> Any:
    from earnest.zoo.coverage import described_program, quantized_family
    from earnest.zoo.families import FAMILIES

    family = FAMILIES[name]
    return described_program(family, quantized_family(family, family.module(), recipe, target), recipe)


def made(wanted: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Name and hash of programs, made one after the other in a process that is held to plain loops."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.golden_programs", "--make", json.dumps(wanted)]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | PLAIN, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            name, _, found = line.strip().partition("\t")
            yield name, found
    if process.returncode:
        raise RuntimeError(f"expected programs of {wanted}, got status {process.returncode}")


def named(model: str, recipe: str, target: str) -> str:
    """How a program is called in the file of hashes."""
    return f"{model} {recipe} {target}"


def frozen() -> Mapping[str, str]:
    """The hashes that programs had."""
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def say(line: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Make, compare or write; 1 where a hash differs."""
    if arguments[:1] == ["--make"]:
        for way in json.loads(arguments[1]):
            say(f"{named(*way)}\t{sha256_of(*way)}")
        return 0
    chosen = [name for name in arguments if not name.startswith("--")] or models()
    known = {} if "--write" in arguments else frozen()
    found, differing = dict(known), []
    for name, value in made(ways(chosen)):
        found[name] = value
        if known.get(name, value) != value:
            differing.append(name)
        say(f"{name}: {'DIFFERS' if name in differing else 'same' if name in known else value}")
    if "--write" in arguments:
        text = json.dumps(frozen() | found if GOLDEN.exists() else found, indent=1, sort_keys=True)
        GOLDEN.write_text(f"{text}\n", encoding="utf-8")
    say(f"{len(differing)} of {len(chosen) * len(WAYS)} programs differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
