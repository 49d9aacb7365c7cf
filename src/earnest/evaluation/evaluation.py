"""Evaluation: the word errors of a program file, of a float model, or of both on the same features of the same
utterances.

Both systems see one utterance at a time, the same front end, the same decoding and one normalisation; the float
model runs in torch's float32. Workers are processes of one thread each, so that no figure depends on their number.
Every utterance is accounted for: one that fails is an error that names it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from earnest.errors import CheckpointError, DataError
from earnest.evaluation.anatomy import file_sha256, title
from earnest.evaluation.backends import check_backend
from earnest.evaluation.outcome import Hypothesis, Outcome, Systems
from earnest.evaluation.workers import Progress, Runner, run
from earnest.file import open_program
from earnest.integer.program.target import load_target
from earnest.judge.program.judging import judge_program
from earnest.runtime.decoding.decoding import check_beams
from earnest.runtime.description import describe
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.naming import model_name
from earnest.speech.librispeech import Utterance
from earnest.speech.significance import PairedDifference, paired_bootstrap
from earnest.speech.word_errors import WordErrors, total

if TYPE_CHECKING:
    from earnest.models import FloatModel

SEED, RESAMPLES = 20, 10_000
"""Of the paired bootstrap; both stand beside every interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFacts:
    """The program that was evaluated: `title` is counted from its weights; recipe, target, and `model`, the float model
    that it was made from, are what it says; `decoding` is how its tokens are chosen, `level` that of its verdict.
    """

    title: str
    sha256: str
    file_bytes: int
    recipe: str
    target: str
    backend: str
    model: str
    front_end: FrontEnd
    decoding: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The float model that was evaluated: `sha256` is that of the file of its weights, `float_bytes` what its
    parameters take in float32.
    """

    name: str
    sha256: str
    float_bytes: int
    front_end: FrontEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Outcomes in the order of the utterances; `program` or `model` is None where that system was not asked for."""

    outcomes: tuple[Outcome, ...]
    program: ProgramFacts | None
    model: ModelFacts | None
    jobs: int
    elapsed: float

    def hypotheses(self, system: str) -> list[Hypothesis]:
        """Those of one system, "integer" or "real"; empty where it was not asked for."""
        return [found for outcome in self.outcomes if (found := getattr(outcome, system)) is not None]

    def errors(self, system: str) -> WordErrors:
        """The word errors of one system over all utterances."""
        return total(hypothesis.errors for hypothesis in self.hypotheses(system))

    def empty(self, system: str) -> int:
        """How many hypotheses of one system have no word."""
        return sum(not hypothesis.text for hypothesis in self.hypotheses(system))

    def truncated(self, system: str) -> int:
        """How many hypotheses of one system end because its decoder may make no more tokens."""
        return sum(hypothesis.truncated for hypothesis in self.hypotheses(system))

    def seconds(self, system: str) -> float:
        """Computing time of one system, summed over the workers."""
        return sum(hypothesis.seconds for hypothesis in self.hypotheses(system))

    @property
    def seconds_of_audio(self) -> float:
        """How much audio there was."""
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def difference(self) -> PairedDifference | None:
        """Integer minus float with its interval; None unless both were asked for."""
        integer, real = self.hypotheses("integer"), self.hypotheses("real")
        if not integer or not real:
            return None
        return paired_bootstrap(
            [hypothesis.errors.errors for hypothesis in real],
            [hypothesis.errors.errors for hypothesis in integer],
            [hypothesis.errors.words for hypothesis in real],
            resamples=RESAMPLES,
            seed=SEED,
        )


def evaluate(
    program_path: Path,
    utterances: Sequence[Utterance],
    *,
    against: Path | None,
    jobs: int,
    backend: str,
    progress: Progress | None = None,
    allow_pickle: bool = False,
    target: str | None = None,
    runner: Runner = run,
    beams: int = 1,
) -> Evaluation:
    """Evaluate a program file, and the float model `against` beside it on the same features.

    `runner` is what spreads the utterances, `beams` how many hypotheses both decoders follow. `target`, a TOML file, is
    needed where the program's own does not come with earnest. The program is verified. EarnestError names the file or
    the utterance that fails.
    """
    check_backend(backend)
    sha256 = file_sha256(program_path)
    program = open_program(program_path, None if target is None else load_target(target))
    description = describe(program)
    check_beams(beams, decodes=description.decoding.follows_beams)
    facts = ProgramFacts(
        title=title(program),
        sha256=sha256,
        file_bytes=program_path.stat().st_size,
        recipe=description.recipe,
        target=program.target,
        backend=backend,
        model=description.model,
        front_end=description.front_end,
        decoding=description.decoding.label(beams),
        level=str(judge_program(program_path, toml_of(target)).level),
    )
    model = None if against is None else _model_facts(against, allow_pickle, description.front_end)
    systems = Systems(
        program=program_path,
        sha256=sha256,
        backend=backend,
        target=target,
        model=against,
        allow_pickle=allow_pickle,
        beams=beams,
    )
    return _evaluation(systems, utterances, facts, model, jobs, progress, runner)


def evaluate_float(
    model_path: Path,
    utterances: Sequence[Utterance],
    *,
    jobs: int,
    progress: Progress | None = None,
    allow_pickle: bool = False,
    runner: Runner = run,
    beams: int = 1,
) -> Evaluation:
    """Evaluate a float model alone, as `evaluate` does it beside a program."""
    facts = _model_facts(model_path, allow_pickle, None)
    systems = Systems(
        program=None,
        sha256="",
        backend="",
        target=None,
        model=model_path,
        allow_pickle=allow_pickle,
        beams=beams,
    )
    return _evaluation(systems, utterances, None, facts, jobs, progress, runner)


def paired(program: Evaluation, model: Evaluation) -> Evaluation:
    """A program's evaluation and its float model's as one; they read the same audio by the same front end.

    DataError names the utterance that is not the same in both, CheckpointError a front end that is not.
    """
    if program.program is None or model.model is None:
        raise DataError("expected the evaluation of a program and that of a float model to pair")
    if program.program.front_end != model.model.front_end:
        raise CheckpointError(
            f"expected the front end of the program, {program.program.front_end}, got {model.model.front_end}: "
            "compare a program with the float model that it was made from"
        )
    outcomes = []
    for integer, real in zip(program.outcomes, model.outcomes, strict=True):
        for key in ("id", "audio_sha256", "reference"):
            if getattr(integer, key) != getattr(real, key):
                raise DataError(f"utterance {integer.id}: expected the same {key} in both evaluations, got two")
        outcomes.append(replace(integer, real=real.real))
    return replace(program, outcomes=tuple(outcomes), model=model.model)


def toml_of(target: str | None) -> Path | None:
    """The file of a target, None where it is the name of one that comes with earnest."""
    return Path(target) if target is not None and target.endswith(".toml") else None


def parameter_bytes(model: "FloatModel") -> int:
    """What the parameters of a float model take in float32; statistics of batch norms are not counted."""
    return 4 * sum(parameter.numel() for parameter in model.module.parameters())


def _model_facts(path: Path, allow_pickle: bool, front_end: FrontEnd | None) -> ModelFacts:
    from earnest.models import load as load_model

    model = load_model(path, allow_pickle=allow_pickle)
    if front_end is not None and model.front_end != front_end:
        raise CheckpointError(
            f"{path}: expected the front end of the program, {front_end}, got {model.front_end}: "
            "compare a program with the float model that it was made from"
        )
    return ModelFacts(
        name=model_name(path),
        sha256=file_sha256(model.source),
        float_bytes=parameter_bytes(model),
        front_end=model.front_end,
    )


def _evaluation(
    systems: Systems,
    utterances: Sequence[Utterance],
    program: ProgramFacts | None,
    model: ModelFacts | None,
    jobs: int,
    progress: Progress | None,
    runner: Runner,
) -> Evaluation:
    started = time.perf_counter()
    outcomes = runner(systems, utterances, jobs, progress)
    elapsed = time.perf_counter() - started
    return Evaluation(outcomes=tuple(outcomes), program=program, model=model, jobs=jobs, elapsed=elapsed)
