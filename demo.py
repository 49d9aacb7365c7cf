"""The whole way, from a float model to the word error rate of its integers: `make demo`, two or three minutes.

With the model and the speech of `$EARNEST_DATA` (`../shared/data` if it is there) the words are real. Without them a
tiny random Conformer hears synthetic tones: the same way, but its words mean nothing.
"""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RUNS = Path("runs", "demo")
RATE = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A float model, recordings to calibrate on and how many, and recordings with words to evaluate on."""

    model: str
    calibration: str
    calibration_limit: int
    speech: str
    limit: int


def real_world() -> World | None:
    """The published model and real speech, where they are."""
    named = os.environ.get("EARNEST_DATA")
    data = Path(named) if named else Path("..", "shared", "data")
    model = data / "models" / "stt_en_conformer_ctc_small"
    calibration = data / "librispeech" / "train-clean-100-audio-only"
    speech = data / "librispeech" / "dev-clean"
    if not all(folder.is_dir() for folder in (model, calibration, speech)):
        return None
    return World(model=str(model), calibration=str(calibration), calibration_limit=4, speech=str(speech), limit=20)


def random_world() -> World:
    """A random model and tones, written to `runs/demo/`."""
    from earnest.models import save
    from earnest.models.conformer import ConformerConfig
    from earnest.models.random_weights import random_model

    config = ConformerConfig(width=32, layers=2, heads=4, feed_forward=64, kernel=9, channels=8, classes=64)
    save(random_model(1, config), RUNS / "random-conformer")
    write_tones(RUNS / "tones")
    return World(
        model=str(RUNS / "random-conformer"),
        calibration=str(RUNS / "tones"),
        calibration_limit=8,
        speech=str(RUNS / "tones"),
        limit=20,
    )


def write_tones(folder: Path) -> None:
    """Gliding tones in noise, in LibriSpeech's layout, with words that nobody spoke."""
    import numpy as np
    import soundfile

    chapter = folder / "1" / "1"
    chapter.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    lines = []
    for number in range(20):
        time = np.arange(RATE * (2 + number % 3)) / RATE
        glide = np.sin(2 * np.pi * (150 + 40 * number + 600 * time) * time)
        samples = 0.3 * glide + 0.05 * generator.standard_normal(len(time))
        soundfile.write(chapter / f"1-1-{number:04d}.flac", samples, RATE)
        lines.append(f"1-1-{number:04d} NOBODY SPOKE THESE WORDS\n")
    (chapter / "1-1.trans.txt").write_text("".join(lines), encoding="utf-8")


def earnest(*arguments: str) -> None:
    """Show a command and run it; the demo ends where it fails."""
    print(f"\n$ earnest {shlex.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "earnest.cli", *arguments], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Quantize to two widths, evaluate and judge both, transcribe one recording."""
    RUNS.mkdir(parents=True, exist_ok=True)
    found = real_world()
    if found is None:
        print("No model and no speech in $EARNEST_DATA: a tiny random Conformer hears tones. ITS WORDS MEAN NOTHING.")
    world = found or random_world()
    programs = {recipe: str(RUNS / f"{recipe}.earnest") for recipe in ("w8a8", "w4a8")}
    few = ("--calibration-limit", str(world.calibration_limit))
    for recipe, program in programs.items():
        way = ("--recipe", recipe, "--target", "int8x16", "--calibrate", world.calibration, *few)
        earnest("quantize", world.model, *way, "-o", program)
    for program in programs.values():
        earnest("evaluate", program, "--against", world.model, "--data", world.speech, "--limit", str(world.limit))
    for recipe, program in programs.items():
        earnest("audit", program, "--html", str(RUNS / f"{recipe}.html"))
    recording = next(path for path in sorted(Path(world.speech).rglob("*")) if path.suffix in (".flac", ".mp3", ".wav"))
    earnest("transcribe", programs["w8a8"], str(recording))
    print(
        f"\n{world.limit} utterances and {world.calibration_limit} recordings to calibrate on are a taste, no result: "
        "README.md has the commands that count.\n"
        f"The verdicts as pages: {', '.join(str(RUNS / f'{recipe}.html') for recipe in programs)}.\n"
        f"Try next: earnest inspect {programs['w4a8']}, or earnest transcribe {programs['w8a8']} YOUR-RECORDING."
    )
    if found is None:
        print("README.md says where to get the model and the speech that give words a meaning.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
