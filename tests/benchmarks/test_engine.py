"""The benchmark's own arithmetic, its order of turns and its refusals; no test looks at a clock."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import earnest.engine
from benchmarks import engine, graphs, isolation, material, memory, products, report, rounds, systems
from earnest.errors import EarnestError
from earnest.ledger.benchmark import BenchmarkRow
from earnest.runtime.recognizer import Recognizer
from ledger.benchmark_row import ROW

if TYPE_CHECKING:
    from synthetic import TinyWorld

RUNS_ALONE = [name for name in systems.RIVALS if name != "torch-compile"]
"""Rivals that a test can afford."""


@pytest.fixture(scope="module")
def tiny_material(tiny_world: "TinyWorld", tmp_path_factory: pytest.TempPathFactory) -> material.Material:
    """Features, logits, programs and graphs of the tiny model, for 2 s of tones."""
    made = material.Material(model=tiny_world.model, allow_pickle=False, folder=tmp_path_factory.mktemp("benchmark"))
    speech = material.choose(tiny_world.data, tiny_world.data, 2)
    facts = material.prepare(made, speech, [2])
    assert facts["model"] == "tiny-model"
    kinds = [kind for kind in graphs.GRAPHS if kind != "float32"]
    assert graphs.export_graphs(made, 2, kinds) == {}
    return made


@pytest.mark.parametrize("name", RUNS_ALONE)
def test_every_rival_computes_the_model(tiny_material: material.Material, name: str) -> None:
    logits = systems.SYSTEMS[name].load(tiny_material, 2, 1).run()
    assert logits.shape == tiny_material.logits(2).shape == (50, 28)
    if systems.SYSTEMS[name].real:
        rounds.agreement(logits, tiny_material.logits(2), real=True)


@pytest.mark.parametrize("recipe", material.RECIPES)
def test_ours_give_the_codes_of_the_reference(tiny_material: material.Material, recipe: str) -> None:
    if not hasattr(earnest.engine, "NativeBackend"):
        pytest.skip("needs the native engine: install earnest with it")
    loaded = systems.SYSTEMS[f"earnest-{recipe}"].load(tiny_material, 2, 1)
    reference = Recognizer(tiny_material.program(recipe))
    expected = reference.logits(reference.codes_of(tiny_material.features(2)[0]))
    np.testing.assert_array_equal(loaded.run(), expected)
    assert loaded.facts.keys() == {"opened_seconds", "ready_seconds", "weight_bytes"}


def test_a_graph_that_cannot_be_made_is_told_for_all_that_need_it(tiny_material: material.Material) -> None:
    nothing = material.Material(model=tiny_material.model, allow_pickle=False, folder=tiny_material.folder)
    failed = graphs.export_graphs(nothing, 3, ["int8-dynamic"])
    assert set(failed) == {"float32", "int8-dynamic"}
    assert failed["float32"].startswith("FileNotFoundError: ")


def test_systems_take_turns() -> None:
    turns: list[str] = []
    clock = iter(range(100))
    runs: dict[str, Callable[[], Any]] = {name: lambda name=name: turns.append(name) for name in "ab"}
    samples = rounds.interleaved(runs, 3, clock=lambda: next(clock), pause=lambda _: turns.append("-"))
    assert "".join(turns) == "-aa-bb" * 3
    assert samples == {"a": [1, 1, 1], "b": [1, 1, 1]}
    assert rounds.summary([0.5, 0.1, 0.2]) == {"milliseconds": 200.0, "fastest": 100.0, "slowest": 500.0}


def test_another_model_is_no_rival() -> None:
    logits = np.eye(8, dtype=np.float32)
    close = logits + np.float32(0.001)
    assert rounds.agreement(close, logits, real=True) == {"frames_differing": 0.0, "largest_difference": 0.001}
    assert rounds.agreement(100 * logits, logits, real=False) == {"frames_differing": 0.0, "largest_difference": None}
    for wrong, real in ((100 * logits, True), (logits * np.nan, True), (logits[::-1], False), (logits[:4], False)):
        with pytest.raises(ValueError, match=r"does not compute the model|expected logits of shape"):
            rounds.agreement(wrong, logits, real=real)


def test_a_system_that_raises_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> systems.Loaded:
        raise RuntimeError("no\nsuch kernel")

    logits = np.eye(4, dtype=np.float32)
    good = systems.System(load=lambda *_: systems.Loaded(run=lambda: logits), imports=lambda: None)
    monkeypatch.setattr(rounds, "SYSTEMS", {"bad": systems.System(load=broken, imports=lambda: None), "good": good})
    taken = rounds.measure(SimpleNamespace(logits=lambda _: logits), ["bad", "good"], 2, 1, 1)  # type: ignore[arg-type]
    assert taken["failed"] == {"bad": "RuntimeError: no such kernel"}
    assert set(taken["systems"]) == {"good"}


def test_times_of_ours_are_needed() -> None:
    ours = {"earnest-w8a8": {"milliseconds": 10.0}}
    found = engine.figures(ours | {"torch-eager": {"milliseconds": 25.0}}, {"torch-compile": "no"})
    assert found["ratios"] == {"torch-eager": 2.5}
    assert found["failed"] == {"torch-compile": "no"}
    with pytest.raises(EarnestError, match="earnest-w8a8: expected times, got an error: it broke"):
        engine.figures({}, {"earnest-w8a8": "it broke"})


def test_the_headline_is_the_one_of_15_s_and_most_threads(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        BenchmarkRow.of(ROW | {"seconds": seconds, "threads": threads}) for threads in (1, 2) for seconds in (5, 15, 30)
    ]
    report.show(rows, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert shown["ratios_of"] == {"model": "conformer", "seconds": 15, "threads": 2}
    assert shown["ratios"]["onnxruntime-int8"] == 3.0
    assert len(shown["rows"]) == 6
    report.show(rows, as_json=False)
    shown = capsys.readouterr().out
    assert "torch-compile failed: RuntimeError: no compiler" in shown
    assert "CTranslate2 is not compared" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seconds", "0"], "expected a whole number from 1 to 60"),
        (["--seconds", "5,x"], "expected a whole number"),
        (["--threads", "100000"], "expected a whole number"),
        (["--rivals", "torch"], "expected rivals of torch-eager"),
        (["--repeats", ""], "expected a whole number"),
        (["--wrong"], "unrecognized arguments"),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        engine.run(arguments)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("option", ["--data", "--calibrate", "--model"])
def test_what_is_not_there_is_one_line(
    option: str, tiny_world: "TinyWorld", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    places = {"--data": tiny_world.data, "--calibrate": tiny_world.data, "--model": tiny_world.model}
    places[option] = tmp_path / "nowhere"
    arguments = [part for name, place in places.items() for part in (name, str(place))]
    monkeypatch.setattr(engine, "require_native", lambda: None)
    monkeypatch.setattr("sys.argv", ["engine.py", *arguments, "--seconds", "2"])
    assert engine.main() == 2
    assert "nowhere" in capsys.readouterr().err.splitlines()[-1]


def test_numbers_come_once_and_in_order() -> None:
    assert engine.numbers(60)("30,5,15,5") == [5, 15, 30]
    assert engine.number(60)("7") == 7


def test_rivals_keep_their_order() -> None:
    assert engine.rivals("onnxruntime-float32,torch-eager") == ["torch-eager", "onnxruntime-float32"]
    assert engine.rivals("none") == []


def test_a_fresh_process_has_its_threads_and_may_be_lost() -> None:
    assert isolation.in_fresh_process(1, os.getenv, "OMP_NUM_THREADS") == "1"
    with pytest.raises(isolation.LostProcessError):
        isolation.in_fresh_process(1, os._exit, 3)


def test_the_peak_of_memory_is_set_back() -> None:
    if not memory.CLEAR.exists():
        pytest.skip("needs Linux: /proc/self/clear_refs")
    block = np.ones(8_000_000)
    most = memory.resident("VmHWM")
    assert most >= memory.resident("VmRSS") >= block.nbytes
    del block
    memory.reset_peak()
    assert memory.resident("VmHWM") < most
    with pytest.raises(OSError, match="no VmNothing"):
        memory.resident("VmNothing")


def test_shares_are_of_the_peak_of_their_own_run(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = SimpleNamespace(
        peak=lambda *, threads: 400e9 * threads,
        linear=lambda *, rows, in_features, out_features, weight_bits, threads: 30e9 * weight_bits * threads,
    )
    monkeypatch.setattr("earnest.engine.measure", measured, raising=False)
    found = products.measure(2)
    assert found["peak"] == 800_000_000_000
    layers: Any = found["layers"]
    assert [layer["share"] for layer in layers] == [0.6] * 5 + [0.3] * 5
