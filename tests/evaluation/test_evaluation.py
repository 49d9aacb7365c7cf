"""Evaluation: the hypotheses are those of the systems themselves, every utterance counts, no figure depends on jobs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from earnest.errors import AudioError, CheckpointError, DataError, EarnestError, FileError, LedgerError
from earnest.evaluation.evaluation import Evaluation, _model_facts, evaluate, evaluate_float, paired
from earnest.evaluation.figures import figures, hypotheses, ledger_row
from earnest.evaluation.outcome import Systems, open_systems
from earnest.models import load
from earnest.runtime.audio import read_audio
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL, LogMel
from earnest.runtime.naming import model_name
from earnest.runtime.recognizer import Recognizer
from earnest.speech.librispeech import Utterance, data_sha256, read_split
from earnest.speech.normalisation import words
from earnest.speech.significance import paired_bootstrap
from earnest.speech.word_errors import align, total
from synthetic import TinyWorld, tone


@pytest.fixture(scope="module")
def utterances(tiny_world: TinyWorld) -> list[Utterance]:
    return read_split(tiny_world.data, transcripts="required")


@pytest.fixture(scope="module")
def both(tiny_world: TinyWorld, utterances: list[Utterance]) -> Evaluation:
    return evaluate(tiny_world.program, utterances, against=tiny_world.model, jobs=1, backend="native")


def test_the_hypotheses_are_those_of_the_systems(
    tiny_world: TinyWorld, utterances: list[Utterance], both: Evaluation
) -> None:
    recognizer, model = Recognizer(tiny_world.program), load(tiny_world.model)
    assert [outcome.id for outcome in both.outcomes] == [utterance.id for utterance in utterances]
    for utterance, outcome in zip(utterances, both.outcomes, strict=True):
        assert outcome.integer is not None
        assert outcome.real is not None
        assert outcome.integer.text == recognizer.transcribe(utterance.path).text
        samples = read_audio(utterance.path).samples
        with torch.inference_mode():
            ids = model.module(torch.from_numpy(model.front_end(samples))[None])[0].argmax(dim=-1).tolist()
        kept = [one for one, before in zip(ids, [None, *ids], strict=False) if one not in (before, model.tokens.blank)]
        assert outcome.real.text == model.tokens.decode(kept)
        assert outcome.seconds == len(samples) / 16_000


def test_the_front_end_runs_once_for_both_systems(
    tiny_world: TinyWorld, utterances: list[Utterance], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    whole = LogMel.__call__

    def counted(self: LogMel, samples: np.ndarray) -> np.ndarray:
        calls.append(len(samples))
        return whole(self, samples)

    monkeypatch.setattr(LogMel, "__call__", counted)
    evaluate(tiny_world.program, utterances[:2], against=tiny_world.model, jobs=1, backend="native")
    assert len(calls) == 2


def test_the_counts_are_those_of_the_hypotheses(utterances: list[Utterance], both: Evaluation) -> None:
    found = figures(both)
    assert both.difference is not None
    for prefix, system in (("", "integer"), ("float_", "real")):
        texts = [getattr(outcome, system).text for outcome in both.outcomes]
        each = [
            align(words(utterance.text or ""), words(text)) for utterance, text in zip(utterances, texts, strict=True)
        ]
        errors = total(each)
        assert found[f"{prefix}substitutions"] == errors.substitutions
        assert found[f"{prefix}deletions"] == errors.deletions
        assert found[f"{prefix}insertions"] == errors.insertions
        assert found[f"{prefix}wer"] == round(errors.wer, 4)
        assert found[f"{prefix}empty_hypotheses"] == texts.count("")
        assert found["words"] == errors.words
    counts = [[one.errors.errors for one in both.hypotheses(system)] for system in ("real", "integer")]
    lengths = [outcome.errors.words for outcome in both.hypotheses("real")]
    expected = paired_bootstrap(*counts, lengths, resamples=10_000, seed=int(str(found["bootstrap_seed"])))
    assert found["interval"] == [round(end, 4) for end in expected.interval]
    assert len(hypotheses(both)) == len(utterances)


def texts_of(evaluation: Evaluation) -> list[tuple[str, str, str, str]]:
    return [(o.id, o.reference, o.integer.text, o.real.text) for o in evaluation.outcomes if o.integer and o.real]


def test_two_evaluations_of_the_same_utterances_are_paired(
    tiny_world: TinyWorld, utterances: list[Utterance], both: Evaluation
) -> None:
    integer = evaluate(tiny_world.program, utterances, against=None, jobs=1, backend="native")
    real = evaluate_float(tiny_world.model, utterances, jobs=1)
    made = paired(integer, real)
    assert texts_of(made) == texts_of(both)
    assert (made.program, made.model, made.difference) == (both.program, both.model, both.difference)
    for key in ("id", "audio_sha256", "reference"):
        first = replace(real.outcomes[0], **{key: "another"})
        with pytest.raises(DataError, match=key):
            paired(integer, replace(real, outcomes=(first, *real.outcomes[1:])))
    assert real.model is not None
    other = replace(real.model, front_end=replace(real.model.front_end, log_guard_bits=23))
    with pytest.raises(CheckpointError, match="front end"):
        paired(integer, replace(real, model=other))
    with pytest.raises(DataError, match="to pair"):
        paired(real, integer)


def test_no_figure_depends_on_the_number_of_workers(
    tiny_world: TinyWorld, utterances: list[Utterance], both: Evaluation
) -> None:
    seen: list[tuple[str, int, int]] = []
    two = evaluate(
        tiny_world.program,
        utterances,
        against=tiny_world.model,
        jobs=2,
        backend="native",
        progress=lambda *state: seen.append(state),
    )
    assert texts_of(two) == texts_of(both)
    assert len(texts_of(both)) == len(utterances)
    times = {"jobs", "seconds", "compute_seconds", "float_compute_seconds"}
    one, other = figures(both), figures(two)
    assert {key: one[key] for key in one.keys() - times} == {key: other[key] for key in other.keys() - times}
    assert seen == [("evaluating", done, len(utterances)) for done in range(1, len(utterances) + 1)]


def test_a_program_alone_and_a_float_model_alone(
    tiny_world: TinyWorld, utterances: list[Utterance], both: Evaluation
) -> None:
    integer = evaluate(tiny_world.program, utterances, against=None, jobs=1, backend="native")
    real = evaluate_float(tiny_world.model, utterances, jobs=1)
    assert integer.errors("integer") == both.errors("integer")
    assert real.errors("real") == both.errors("real")
    assert integer.difference is None
    assert real.difference is None
    assert "float_wer" not in figures(integer)
    assert "wer" not in figures(real)
    with pytest.raises(LedgerError, match="missing"):
        ledger_row(integer, data="synthetic", data_sha256="", command="")


def test_a_row_of_the_ledger_is_whole(tiny_world: TinyWorld, utterances: list[Utterance], both: Evaluation) -> None:
    row = ledger_row(both, data="synthetic", data_sha256=data_sha256(utterances), command="earnest evaluate")
    assert row.program == "tiny-model-w8a8"
    assert row.file_bytes == tiny_world.program.stat().st_size
    assert str(tiny_world.data) not in str(row)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_utterance_that_fails_is_named(
    tiny_world: TinyWorld, utterances: list[Utterance], tmp_path: Path, jobs: int
) -> None:
    bad = tmp_path / "1-2-3.wav"
    if jobs == 1:
        bad.write_bytes(b"no sound")
    else:
        soundfile.write(bad, tone(1, 0.01), 16_000)  # one frame
    broken = [*utterances[:2], Utterance(id="1-2-3", path=bad, text="A", speaker="1", chapter="2")]
    with pytest.raises(AudioError, match="utterance 1-2-3: "):
        evaluate(tiny_world.program, broken, against=None, jobs=jobs, backend="native")


def test_what_cannot_be_evaluated_is_refused(tiny_world: TinyWorld, utterances: list[Utterance]) -> None:
    def run(some: list[Utterance], jobs: int = 1, backend: str = "native") -> None:
        evaluate(tiny_world.program, some, against=None, jobs=jobs, backend=backend)

    with pytest.raises(DataError, match="at least one utterance"):
        run([])
    with pytest.raises(DataError, match="at least 1 job"):
        run(utterances, jobs=0)
    with pytest.raises(EarnestError, match=r"expected a backend of \['native', 'reference'\], got 'abacus'"):
        run(utterances, backend="abacus")
    with pytest.raises(DataError, match=f"utterance {utterances[0].id}: expected its transcript"):
        run([replace(utterances[0], text=None)])


def test_another_front_end_is_no_comparison(tiny_world: TinyWorld) -> None:
    with pytest.raises(CheckpointError, match="expected the front end of the program"):
        _model_facts(tiny_world.model, False, replace(NEMO_LOG_MEL, hop=200))


def test_a_file_that_changes_under_way_is_refused(tiny_world: TinyWorld) -> None:
    systems = Systems(
        program=tiny_world.program, sha256="0", backend="native", target=None, model=None, allow_pickle=False, beams=1
    )
    with pytest.raises(FileError, match="was changed while it was evaluated"):
        open_systems(systems)


def test_a_model_has_the_name_of_its_folder_or_file(tiny_world: TinyWorld, tmp_path: Path) -> None:
    archive = tmp_path / "a.b.nemo"
    archive.touch()
    names = [model_name(path) for path in (tiny_world.model, tiny_world.model / "model.safetensors", archive)]
    assert names == ["tiny-model", "tiny-model", "a.b"]
    made = tmp_path / "gated" / "model"
    made.mkdir(parents=True)
    assert model_name(made) == "model"
    (made.parent / "log.jsonl").touch()
    assert model_name(made) == "gated", "what a training run has made is called as the run"
