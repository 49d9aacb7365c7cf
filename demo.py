"""The whole way on what the repository brings along: `make demo`, in less than three minutes and without a network.

The small recogniser of `box/` becomes two files of integers, with weights of 8 and of 4 bits; its own synthetic speech
says what that costs in words, the judge says whether they are integers, and a report says both.
"""

import contextlib
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BOX = Path("box")
MODEL, SPEECH = BOX / "box-conformer-ctc", BOX / "speech"
RUNS = Path("runs", "demo")
LEDGER, REPORT = RUNS / "ledger.jsonl", RUNS / "report.html"
RECIPES = {"w8a8-best": "8-bit weights", "w4a8-best": "4-bit weights"}


def say(text: str) -> None:
    """What comes now."""
    print(f"\n== {text}", flush=True)


def earnest(*arguments: object) -> None:
    """Show a command and run it; the demo ends where it fails."""
    side_by_side([arguments])


def side_by_side(commands: Sequence[Sequence[object]]) -> None:
    """Show commands and run them at once; what the later ones say is shown when the earlier ones have ended."""
    lines = [[str(argument) for argument in arguments] for arguments in commands]
    print(f"\n$ earnest {shlex.join(lines[0])}", flush=True)
    with contextlib.ExitStack() as ended:
        started = [_begun(line, later=line is not lines[0]) for line in lines]
        for process in started:
            ended.callback(process.wait)
            ended.callback(process.kill)  # the one that failed, or an interruption, ends the others
        for line, process in zip(lines, started, strict=True):
            told, _ = process.communicate()
            if line is not lines[0]:
                print(f"\n$ earnest {shlex.join(line)}\n{told}", end="", flush=True)
            if process.returncode:
                sys.exit(process.returncode)


def _begun(line: list[str], *, later: bool) -> subprocess.Popen[str]:
    """A command at work; what a later one says is kept until it is asked for."""
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if later else {}
    return subprocess.Popen([sys.executable, "-m", "earnest.cli", *line], text=True, errors="replace", **kept)


def program(recipe: str) -> Path:
    """Where the program of a recipe is written."""
    return RUNS / f"{recipe}.earnest"


def main() -> None:
    """Quantize to two widths, evaluate and judge both, report, transcribe one recording."""
    RUNS.mkdir(parents=True, exist_ok=True)
    LEDGER.unlink(missing_ok=True)
    say(f"A float recogniser, {MODEL}, trained on synthetic speech ({BOX / 'README.md'} is its card)")
    earnest("inspect", MODEL)
    weights = " and ".join(RECIPES.values())
    say(f"Files of integers, {weights}, made side by side; they hear {SPEECH / 'calibration'} to find ranges")
    way = ("--target", "int8x16", "--calibrate", SPEECH / "calibration")
    side_by_side([("quantize", MODEL, "--recipe", recipe, *way, "-o", program(recipe)) for recipe in RECIPES])
    for recipe, weights in RECIPES.items():
        say(f"What {weights} cost in words: float and integers on sentences that neither heard before")
        kept = ("--ledger", LEDGER, "--record", RUNS / f"{recipe}.json")
        earnest("evaluate", program(recipe), "--against", MODEL, "--data", SPEECH / "test-known-voices", *kept)
    for recipe in RECIPES:
        say("Is it integers? The judge reads the file and shares no code with what made it")
        earnest("audit", program(recipe), "--html", RUNS / f"{recipe}.html")
    say("All of it on one page, and one recording as text")
    earnest("report", "--ledger", LEDGER, "--work", RUNS, "-o", REPORT)
    recording = min((SPEECH / "test-unseen-voices").rglob("*.ogg"))
    earnest("transcribe", program("w4a8-best"), recording)
    tell()


def tell() -> None:
    """What was made, and what to try next."""
    verdicts = " and ".join(str(RUNS / f"{recipe}.html") for recipe in RECIPES)
    unseen = f"earnest evaluate {program('w4a8-best')} --against {MODEL} --data {SPEECH / 'test-unseen-voices'}"
    print(
        f"\nThe report is {REPORT}; the verdicts as pages are {verdicts}.\n"
        "All of this speech is synthetic: it says what integers cost this model, and nothing about people. Try next:\n"
        f"  {unseen}    voices that it never heard\n"
        f"  earnest inspect {program('w4a8-best')} --operators\n"
        f"  earnest transcribe {program('w8a8-best')} YOUR-RECORDING\n"
        "README.md has the same commands on a published model and real speech, and their results."
    )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
