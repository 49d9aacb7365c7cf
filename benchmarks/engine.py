"""The native engine beside its rivals, on the same weights and audio: `python benchmarks/engine.py`.

All systems of one length and number of threads are loaded into one fresh process and take turns; memory and loading
are measured in a process per system. `--json` prints one object, whose `ratios` maps each rival to its time over ours.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as a file it finds only what lies beside it

from benchmarks import graphs, material, memory, products, report, rounds
from benchmarks.isolation import LostProcessError, in_fresh_process
from benchmarks.progress import one_line, say
from benchmarks.systems import OURS, RIVALS, SYSTEMS, require_native
from earnest.errors import EarnestError, LedgerError
from earnest.lab.command import data_folder, shown_command
from earnest.lab.machine import cpu_name
from earnest.ledger.benchmark import BENCHMARK, BenchmarkRow, ratios
from earnest.ledger.ledger import append, environment, read

MEMORY_SECONDS = 15
"""Length of the speech that memory and loading are measured with, where it is among the lengths."""
LONGEST_SECONDS, MOST_REPEATS = 60, 1000
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Parser(argparse.ArgumentParser):
    """Bad usage is one line and exit status 2."""

    def error(self, message: str) -> NoReturn:
        """End with the message."""
        self.exit(2, f"error: {' '.join(message.split())} (see {self.prog} --help)\n")


def parser() -> Parser:
    """The options of the command."""
    data = data_folder()
    speech = data / "librispeech"
    found = Parser(prog="benchmarks/engine.py", description="Time the native engine beside its rivals.")
    found.add_argument("--model", type=Path, default=data / "models" / "stt_en_conformer_ctc_small", help="float model")
    found.add_argument("--allow-pickle", action="store_true", help="read a .nemo, which holds a pickle")
    found.add_argument("--data", type=Path, default=speech / "dev-clean", help="speech that is timed")
    found.add_argument(
        "--calibrate", type=Path, default=speech / "train-clean-100-audio-only", help="speech for ranges"
    )
    found.add_argument("--seconds", type=numbers(LONGEST_SECONDS), default=[5, 15, 30], help="lengths, 5,15,30")
    found.add_argument("--threads", type=numbers(CORES), default=sorted({1, min(2, CORES)}), help="1,2")
    found.add_argument("--rivals", type=rivals, default=list(RIVALS), help=f"some of {','.join(RIVALS)}, or none")
    found.add_argument("--repeats", type=number(MOST_REPEATS), default=15, help="rounds; the median counts")
    found.add_argument("--ledger", type=Path, help="append the rows to this ledger")
    found.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    return found


def number(most: int) -> Callable[[str], int]:
    """A reader of a whole number from 1 to `most`."""

    def read_number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= most):
            raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {most}, got {text!r}")
        return int(text)

    return read_number


def numbers(most: int) -> Callable[[str], list[int]]:
    """A reader of such numbers, separated by commas, each once."""
    one = number(most)
    return lambda text: sorted({one(part) for part in text.split(",")})


def rivals(text: str) -> list[str]:
    """Names of rivals, in the order in which they take turns."""
    names = [] if text == "none" else text.split(",")
    if unknown := sorted(set(names) - set(RIVALS)):
        raise argparse.ArgumentTypeError(f"expected rivals of {', '.join(RIVALS)}, or none; got {', '.join(unknown)}")
    return [name for name in RIVALS if name in names]


def measure(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """The rows of all lengths and numbers of threads."""
    things = material.Material(model=options.model.resolve(), allow_pickle=options.allow_pickle, folder=folder)
    speech = material.choose(options.data, options.calibrate, max(options.seconds))
    facts = material.prepare(things, speech, options.seconds)
    kinds = [kind for name in options.rivals if (kind := SYSTEMS[name].graph) not in (None, "float32")]
    wanted = any(SYSTEMS[name].graph for name in options.rivals)
    unmade = {seconds: graphs.export_graphs(things, seconds, kinds) if wanted else {} for seconds in options.seconds}
    rows = []
    for threads in options.threads:
        say(f"the 8-bit peak and linear layers, {threads} thread(s)")
        linear = in_fresh_process(threads, products.measure, threads)
        for seconds in options.seconds:
            failed = {
                name: reason for name in options.rivals if (reason := unmade[seconds].get(SYSTEMS[name].graph or ""))
            }
            names = [name for name in (*options.rivals, *OURS) if name not in failed]
            taken = in_fresh_process(threads, rounds.measure, things, names, seconds, threads, options.repeats)
            rows.append(
                figures(taken["systems"], failed | taken["failed"])
                | facts
                | {"seconds": seconds, "threads": threads, "other_load": taken["other_load"], "linear": linear}
                | {"memory": _memory(things, taken["systems"], seconds, threads)}
            )
    return rows


def figures(systems: dict[str, Any], failed: dict[str, str]) -> dict[str, Any]:
    """Times, ratios and failures; EarnestError where our own program has no time."""
    if OURS[0] not in systems:
        raise EarnestError(f"{OURS[0]}: expected times, got an error: {failed.get(OURS[0], 'not measured')}")
    times = {name: system["milliseconds"] for name, system in systems.items()}
    return {"systems": systems, "failed": failed, "ratios": ratios(times)}


def _memory(things: material.Material, systems: dict[str, Any], seconds: int, threads: int) -> dict[str, Any] | None:
    if seconds != MEMORY_SECONDS:
        return None
    found: dict[str, Any] = {}
    for name in systems:
        say(f"memory and loading of {name}, {threads} thread(s)")
        try:
            found[name] = in_fresh_process(threads, memory.measure, things, name, seconds, threads)
        except (OSError, LostProcessError) as error:
            say(f"memory of {name} is left out: {one_line(error)}")
    return found


def ledger_rows(
    rows: list[dict[str, Any]], options: argparse.Namespace, arguments: Sequence[str]
) -> list[BenchmarkRow]:
    """The rows with what they were made by and on; where one contradicts itself, all that was measured is told."""
    made = environment(also=("onnx", "onnxruntime"))
    command = shown_command(arguments, program="python benchmarks/engine.py")
    common = {"kind": BENCHMARK, "command": command, "cpu": cpu_name(), "repeats": options.repeats}
    found = [row | made | common | {"data": options.data.resolve().name} for row in rows]
    try:
        return [BenchmarkRow.of(row) for row in found]
    except LedgerError:
        sys.stderr.write(f"{json.dumps(found)}\n")  # it took minutes
        raise


def run(arguments: Sequence[str]) -> None:
    """Measure, show, append; what would spoil the result is refused before any long work."""
    options = parser().parse_args(arguments)
    require_native()
    if options.ledger is not None and options.ledger.exists():
        read(options.ledger)
    with tempfile.TemporaryDirectory(prefix="earnest-benchmark-") as folder:
        rows = ledger_rows(measure(options, Path(folder)), options, arguments)
    report.show(rows, as_json=options.json)  # before what may still fail: it took minutes
    if options.ledger is not None:
        for row in rows:
            append(options.ledger, row)


def main() -> int:
    """The exit status: 0 done, 2 what was asked for cannot be done, 130 interrupted."""
    try:
        run(sys.argv[1:])
    except EarnestError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
