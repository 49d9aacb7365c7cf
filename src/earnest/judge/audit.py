"""`earnest.audit`: a verdict on a program file, an ONNX file, or a running model."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earnest.errors import FileError
from earnest.judge.verdict import Verdict

ONNX_SUFFIX = ".onnx"


def audit(subject: Any, utterances: Sequence[Any] | None = None, *, target: Path | None = None) -> Verdict:
    """Judge a file by its path (a program, or a `.onnx`), or any `torch.nn.Module` or callable.

    A running model needs `utterances`: two or more inputs of different lengths, each a batch of one. `target` is the
    TOML file of a target that does not come with earnest. FileError: a file that cannot be read.
    """
    if isinstance(subject, (str, os.PathLike)):
        if Path(subject).suffix.lower() == ONNX_SUFFIX:
            from earnest.judge.onnx_file import judge_onnx

            return judge_onnx(Path(subject))
        from earnest.judge.program.judging import judge_program

        return judge_program(subject, target)
    if utterances is None:
        raise FileError("a running model is judged by running it: expected utterances, got none")
    from earnest.judge.running.judging import judge_running

    return judge_running(subject, utterances)
