"""`earnest audit`: the verdict on a program file, an ONNX file or a float model, with evidence; and certificates."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earnest.cli.options import CORES, AllowPickle, AsJson, Quiet, existing_folder_of, is_model, opened
from earnest.cli.terminal import UNSEEN_WIDTH, note, print_json
from earnest.errors import EarnestError

if TYPE_CHECKING:
    from earnest.evaluation.auditing import Audited
    from earnest.judge.certificate import Recorded
    from earnest.judge.verdict import Verdict
    from earnest.models import FloatModel
    from earnest.nn.model import Inputs

LEVELS = ("H0", "H1", "H2", "H3", "H4", "H5")
FRAMES = (67, 52, 41)
"""Lengths of the random features by which a float model is judged."""

SAMPLES = 160
"""Samples that stand for one frame where a model reads samples."""


TomlFile = Annotated[
    Path | None, typer.Option("--target", metavar="TOML", help="The target's file, if it is not shipped.")
]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Recordings and words, to replay or to certify.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Utterances of it, spread by a hash of the id.")]
DoReplay = Annotated[bool, typer.Option("--replay", help="Run it in onnxruntime too and count differing codes.")]
Record = Annotated[
    Path | None, typer.Option("--evaluation", metavar="RECORD", help="Judge what `evaluate --record` wrote.")
]
Margin = Annotated[
    float | None, typer.Option("--margin", help="What 'no loss' may cost at most, in per cent of the words.")
]
NewCertificate = Annotated[
    Path | None, typer.Option("--certificate", metavar="FILE", help="Write a certificate (needs --data).")
]
OldCertificate = Annotated[
    Path | None, typer.Option("--verify", metavar="CERTIFICATE", help="Compute all again that it says.")
]
Page = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the verdict as one page.")]
Required = Annotated[
    str | None, typer.Option("--require", metavar="LEVEL", help="Exit with 1 below this level, such as H4.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an audit of a program was asked for beside the file itself."""

    data: Path | None
    limit: int
    replay: bool
    evaluation: Path | None
    margin: float | None
    certificate: Path | None
    verify: Path | None

    @property
    def running(self) -> bool:
        """Whether the program has to be run."""
        return self.replay or bool(self.evaluation or self.certificate or self.verify)


def audit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A program, an .onnx, or a float model.")],
    target: TomlFile = None,
    data: Data = None,
    limit: Limit = 50,
    replay: DoReplay = False,
    evaluation: Record = None,
    margin: Margin = None,
    certificate: NewCertificate = None,
    verify: OldCertificate = None,
    html: Page = None,
    require: Required = None,
    allow_pickle: AllowPickle = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Judge how much of a recogniser is integers, and prove it."""
    asked = Asked(
        data=data,
        limit=limit,
        replay=replay,
        evaluation=evaluation,
        margin=margin,
        certificate=certificate,
        verify=verify,
    )
    _check(file, asked, html, require)
    if is_model(file):
        verdict, differences = _float_verdict(file, allow_pickle), None
    else:
        verdict, differences = _file_verdict(file, target, asked, quiet)
    if html is not None:
        _write_page(html, verdict)
    _show(verdict, differences, asked, as_json=as_json)
    short = require is not None and str(verdict.level) not in LEVELS[LEVELS.index(require) :]
    if verdict.failed or differences or short:
        raise typer.Exit(1)


def _check(file: Path, asked: Asked, html: Path | None, require: str | None) -> None:
    """What would spoil long work is refused before it."""
    if require is not None and require not in LEVELS:
        raise typer.BadParameter(f"--require: expected one of {', '.join(LEVELS)}, got {require}")
    if asked.running and (is_model(file) or file.suffix.lower() == ".onnx"):
        raise typer.BadParameter(f"{file}: only a program is replayed, certified, or judged with its evaluation")
    if asked.verify and (asked.certificate or asked.data or asked.replay or asked.evaluation):
        raise typer.BadParameter(
            "--verify: expected alone; a certificate is verified or written, not both, and no more is asked beside it"
        )
    if (asked.replay or asked.certificate) and asked.data is None:
        raise typer.BadParameter("--data: expected recordings to replay or to certify; give their folder")
    if asked.margin is not None and asked.evaluation is None:
        raise typer.BadParameter("--margin: expected the --evaluation that it belongs to")
    for path, option in ((html, "--html"), (asked.certificate, "--certificate")):
        if path is not None:
            existing_folder_of(path, option)


def _float_verdict(path: Path, allow_pickle: bool) -> "Verdict":
    """A float model on random features: what it is before it is quantized."""
    from earnest.judge.audit import audit as judged
    from earnest.models import load

    model = load(path, allow_pickle=allow_pickle)
    return judged(model.module, _random_inputs(model))


def _random_inputs(model: "FloatModel") -> "list[Inputs]":
    """Features, and of a decoder its first token again and again, more of them for more frames."""
    import torch

    generator, front_end = torch.Generator().manual_seed(0), model.front_end
    found: list[Inputs] = []
    for index, frames in enumerate(FRAMES):
        time = front_end.only_frames or (frames * SAMPLES if front_end.features is None else frames)
        shape = (1, time) if front_end.features is None else (1, time, front_end.features)
        features = torch.randn(*shape, generator=generator)
        found.append(model.recognition.beginning(features, len(FRAMES) - index))
    return found


def _file_verdict(
    file: Path, target: Path | None, asked: Asked, quiet: bool
) -> "tuple[Verdict, list[dict[str, Any]] | None]":
    from earnest.judge.audit import audit as judged

    verdict = judged(file, target=target)
    if not asked.running:
        return verdict, None
    if verdict.failed:
        note("the program is not run: some rule does not hold of its file", quiet=quiet)
        return verdict, None
    return _run(file, target, verdict, asked, quiet)


def _run(
    file: Path, target: Path | None, verdict: "Verdict", asked: Asked, quiet: bool
) -> "tuple[Verdict, list[dict[str, Any]] | None]":
    from dataclasses import asdict

    from earnest.evaluation import auditing

    program, device = opened(file, None if target is None else str(target))
    audited = auditing.Audited.of(program, device, threads=CORES)
    if asked.verify is not None:
        found = auditing.verify(asked.verify, verdict, audited)
        for each in found.notes:
            note(f"{each.what}: {each.expected} then, {each.came} now; it changed no result", quiet=quiet)
        note(f"{found.utterances} utterances computed again", quiet=quiet)
        return verdict, [asdict(each) for each in found.differences]
    if asked.replay or asked.certificate:
        utterances = _recorded(audited, asked)
        if asked.replay:
            codes = ((each.id, each.codes) for each in utterances)
            verdict = auditing.joined(verdict, auditing.replayed(audited, codes))
        if asked.certificate is not None:
            auditing.certify(asked.certificate, verdict, audited, utterances)
    if asked.evaluation is not None:
        verdict = auditing.evaluated(verdict, audited, asked.evaluation, asked.margin)
    return verdict, None


def _recorded(audited: "Audited", asked: Asked) -> "list[Recorded]":
    from earnest.evaluation.auditing import recorded
    from earnest.speech.librispeech import read_split, select

    assert asked.data is not None
    return list(recorded(audited, select(read_split(asked.data, transcripts="required"), asked.limit)))


def _write_page(path: Path, verdict: "Verdict") -> None:
    from earnest.judge.page.page import verdict_page

    try:
        path.write_text(verdict_page(verdict), encoding="utf-8")
    except OSError as error:
        raise EarnestError(f"--html: {path}: cannot be written: {error.strerror or error}") from error


def _show(verdict: "Verdict", differences: list[dict[str, Any]] | None, asked: Asked, *, as_json: bool) -> None:
    from earnest.judge.text import verdict_text

    if as_json:
        found = verdict.to_json()
        print_json(found | ({"differences": differences} if asked.verify else {}))
        return
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = UNSEEN_WIDTH
    print(verdict_text(verdict, width=width), end="")
    if asked.verify is None:
        return
    if differences is None:
        print(f"{asked.verify}: not verified, for some rule does not hold of the file")
        return
    print(f"{asked.verify}: {f'{len(differences)} differences' if differences else 'everything came out the same'}")
    for each in differences:
        print(f"  {each['what']}: expected {each['expected']}, got {each['came']}")
