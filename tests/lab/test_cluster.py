"""A cluster of two nodes gives the figures of this very process, and goes on when one of them dies."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.tiny_experiment import lasting, write_experiment

from earnest.cli import main
from earnest.errors import DataError, ExperimentError
from earnest.evaluation.evaluation import Evaluation, evaluate
from earnest.lab import cluster
from earnest.lab.cells import Watch
from earnest.lab.experiment import load_experiment
from earnest.lab.running import Workplace
from earnest.lab.search import base_of, run_search
from earnest.lab.study import ended, open_study
from earnest.lab.work_folder import WorkFolder
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import read
from earnest.ledger.rows import of_kind
from earnest.speech.librispeech import read_split
from synthetic import TinyWorld

pytest.importorskip("ray", reason="needs the extra `cluster`")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray leaves sockets and threads behind


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two nodes on this machine; more may be added and removed."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 80_000_000}
    made = Cluster(initialize_head=True, head_node_args=small)
    made.add_node(**small)
    yield made
    made.shutdown()


def texts(evaluation: Evaluation) -> list[tuple]:
    return [
        (each.id, each.reference, each.integer and each.integer.text, each.real and each.real.text, each.logits_sha256)
        for each in evaluation.outcomes
    ]


def test_shards_give_what_this_process_gives(nodes: Any, tiny_world: TinyWorld) -> None:
    utterances = read_split(tiny_world.data, transcripts="required")
    here = evaluate(tiny_world.program, utterances, against=tiny_world.model, jobs=1, backend="native")
    with cluster.connected(nodes.address):
        assert cluster.cores() == 2
        there = evaluate(
            tiny_world.program,
            utterances,
            against=tiny_world.model,
            jobs=2,
            backend="native",
            runner=cluster.run_shards,
        )
    assert texts(there) == texts(here)
    assert [there.errors(system) for system in ("integer", "real")] == [
        here.errors(system) for system in ("integer", "real")
    ]


def test_the_command_spreads_an_evaluation(
    nodes: Any, tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", str(tiny_world.program), "--against", str(tiny_world.model), "--data", str(tiny_world.data)]
    found = []
    for more in (["-j", "1"], ["--ray", nodes.address]):
        assert main([*line, *more, "--json", "--quiet"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    differing = {key for key in found[0] if found[0][key] != found[1][key]}
    assert differing <= {"jobs", "seconds", "compute_seconds", "float_compute_seconds"}


def test_an_error_names_its_utterance(nodes: Any, tiny_world: TinyWorld) -> None:
    utterances = read_split(tiny_world.data, transcripts="absent")
    with cluster.connected(nodes.address), pytest.raises(DataError, match=f"utterance {utterances[0].id}"):
        evaluate(tiny_world.program, utterances[:1], against=None, jobs=2, backend="native", runner=cluster.run_shards)


@pytest.mark.parametrize("retries", [cluster.RETRIES, 0])
def test_a_node_that_dies_costs_no_trial(
    nodes: Any, tiny_world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retries: int
) -> None:
    """Unless no task may be run again: then those that it had are told as lost, and everything else goes on."""
    monkeypatch.setattr(cluster, "RETRIES", retries)
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8"]', trials=6)
    ledger, base = tmp_path / "ledger.jsonl", base_of(load_experiment(file))
    doomed = nodes.add_node(num_cpus=2, object_store_memory=80_000_000)
    place = Workplace(folder=WorkFolder(root=tmp_path / "work"), jobs=1, allow_pickle=False, command="earnest search")
    failures: list[str] = []
    one_ended = threading.Event()  # the first trial has, the others of its time have not
    watch = Watch(
        progress=None, finished=lambda *_: one_ended.set(), failed=lambda _, error: failures.append(str(error))
    )
    with cluster.connected(nodes.address), WorkFolder(root=tmp_path / "work").locked():
        executor = cluster.Cluster(place=place)
        while executor.capacity != 4:  # until the node of the test before is given up
            time.sleep(0.5)
        killer = threading.Thread(
            target=lambda: one_ended.wait(300) and nodes.remove_node(doomed, allow_graceful=False)
        )
        killer.start()
        front = run_search(base, ledger, place.folder.trials, executor, watch)
        killer.join()
    assert front
    rows = of_kind(read(ledger), EvaluationRow)
    study = open_study(base.search, place.folder.trials, name="tiny", identity=base.identity)
    lost = [trial for trial in study.trials if trial.values is None]
    assert len(ended(study)) == len(study.trials) == 6
    assert bool(failures) == bool(lost) == (retries == 0)
    assert all("lost with its worker" in failure for failure in failures)
    assert len({row.cell for row in rows}) == len(rows)
    assert {row.cell for row in rows} == {trial.user_attrs["cell"] for trial in study.trials if trial.values}


def test_the_cells_of_an_experiment_are_those_of_this_process(
    nodes: Any, tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8", "w4a8", "w4a8-best"]')
    rows = []
    for name, more in (("here", []), ("there", ["--ray", nodes.address])):
        places = ["--ledger", tmp_path / f"{name}.jsonl", "--work", tmp_path / name, "-j", "1"]
        assert main([*map(str, ["run", file, *places, *more, "--json", "--quiet"])]) == 0
        assert json.loads(capsys.readouterr().out)["failed"] == []
        rows.append(lasting(of_kind(read(tmp_path / f"{name}.jsonl"), EvaluationRow)))
    assert len(rows[0]) == 3
    assert rows[0] == rows[1]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere", "127.0.0.1:99999"])
def test_no_cluster_is_one_line(address: str) -> None:
    refused = pytest.raises(ExperimentError, match=r"expected a running cluster at|expected HOST:PORT")
    with refused, cluster.connected(address):
        pass
