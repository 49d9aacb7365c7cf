"""Make a corpus of synthetic speech: `python tools/synthesise.py box/corpus.toml --out runs/box-corpus`.

Killed at any point, the same command goes on where it was.
"""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from earnest.errors import EarnestError
from earnest.runtime.cores import CORES
from synthesis.corpus import plan, write_recordings, write_transcripts
from synthesis.specification import load_corpus
from synthesis.voice import required


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Make a corpus of synthetic speech in LibriSpeech's layout.")
    parser.add_argument("file", type=Path, help="a corpus, a TOML file (docs/training.md)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that gets the splits")
    parser.add_argument("--split", action="append", metavar="NAME", help="only this split; may be given again")
    parser.add_argument("--limit", type=_count, metavar="N", help="only the first N utterances of every split")
    parser.add_argument("-j", "--jobs", type=int, default=CORES, help="processes (default: as many as cores)")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


def main() -> int:
    """Plan everything, then make what is asked for."""
    given = arguments()
    try:
        required()
        corpus = load_corpus(given.file)
        splits = plan(corpus, given.out)
        chosen = given.split or list(splits)
        if unknown := sorted(set(chosen) - set(splits)):
            print(f"error: expected splits among {list(splits)}, got {unknown}", file=sys.stderr)
            return 2
        for name in chosen:
            splits[name] = splits[name][: given.limit]
            write_transcripts(splits[name])
            write_recordings(splits[name], corpus.acoustics, max(1, given.jobs), partial(told, name))
            print(f"{name}: {len(splits[name])} utterances in {given.out / name}", flush=True)
    except EarnestError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def told(name: str, count: int) -> None:
    """Every thousandth utterance in one line."""
    if count % 1000 == 0:
        print(f"{name}: {count}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
