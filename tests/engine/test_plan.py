"""A plan: what shares a strip, where values lie, that it is known before the run, and that a run allocates nothing."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.generator import generate
from tests.engine.running import by_hand, engine_of

from earnest.engine import NativeBackend
from earnest.file import open_program


def backend_of(tiny_world: Any, threads: int = 1) -> NativeBackend:
    """The tiny Conformer."""
    return NativeBackend(open_program(tiny_world.program), threads=threads)


def check_places(plan: dict[str, Any]) -> int:
    """Values that live at the same time do not share a byte, and all of them lie in the arena; how many there are."""
    places = plan["places"]
    for index, (position, size, first, last) in enumerate(places):
        assert 0 <= position <= position + size <= plan["arena"]
        assert first <= last
        for other, other_size, other_first, other_last in places[:index]:
            together = first <= other_last and other_first <= last
            assert not together or position + size <= other or other + other_size <= position
    return len(places)


@pytest.mark.parametrize("frames", [5, 33, 200])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_values_that_live_together_lie_apart(tiny_world: Any, frames: int, threads: int):
    plan = backend_of(tiny_world, threads).plan(frames)
    assert check_places(plan) > 3
    ends = [position + size for position, size, _, _ in plan["places"]]
    assert max(ends) <= plan["arena"] < max(ends) + 64
    assert plan["arena"] < sum(size for _, size, _, _ in plan["places"])


def test_overlap_would_be_noticed():
    with pytest.raises(AssertionError):
        check_places({"arena": 100, "places": [(0, 60, 0, 2), (50, 50, 1, 3)]})
    assert check_places({"arena": 100, "places": [(0, 60, 0, 0), (50, 50, 1, 3)]}) == 2


def test_random_plans_are_sound():
    for seed in range(40):
        program, _ = generate(seed)
        check_places(NativeBackend(program, threads=2).plan(program.input.longest))


def strips_of(plan: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Kind and name of every task, strip by strip."""
    return [strip["tasks"] for phase in plan["phases"] for strip in phase]


def test_a_feed_forward_module_is_in_one_strip(tiny_world: Any):
    strips = strips_of(backend_of(tiny_world).plan(100))
    (strip,) = [each for each in strips if any("layers.0.feed_forward2.linear1" in name for _, name in each)]
    kinds = [kind for kind, name in strip if "feed_forward2" in name]
    assert kinds == ["layer_norm", "linear", "table", "linear"]
    assert any(kind == "add" for kind, _ in strip)


def test_attention_is_in_one_strip(tiny_world: Any):
    strips = strips_of(backend_of(tiny_world).plan(100))
    (strip,) = [each for each in strips if any(kind == "softmax" and "layers.0." in name for kind, name in each)]
    assert [kind for kind, _ in strip if kind in ("matmul", "softmax")].count("matmul") == 3


def test_layout_moves_nothing_in_a_conformer(tiny_world: Any):
    strips = strips_of(backend_of(tiny_world).plan(100))
    copies = [name for strip in strips for kind, name in strip if kind == "copy"]
    assert len(copies) == 1  # channels and frequencies of the subsampling change places


def test_what_nobody_reads_is_not_made():
    table = {"table": np.arange(-128, 128, dtype=np.int8)}
    integers = {"input_bits": 8, "input_signed": 1, "bits": 8}
    records = [by_hand("table", [-1], integers=integers, arrays=table) for _ in range(3)]
    engine = engine_of(records, shape=(1, "time"), output=1)
    assert strips_of(engine.plan([4])) == [[("table", "table")]]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (by_hand("slice", [-1], integers={"axis": 1, "step": 1}, dimensions={"start": (0,), "stop": (9,)}), "elements"),
        (by_hand("reshape", [-1], dimensions={"shape": (3, "time")}), "as many elements"),
        (by_hand("transpose", [5], lists={"order": [1, 0]}), "no earlier operator"),
    ],
)
def test_what_was_not_verified_does_not_leave_its_storage(record: Any, message: str):
    table = {"table": np.arange(-128, 128, dtype=np.int8)}
    last = by_hand("table", [0], integers={"input_bits": 8, "input_signed": 1, "bits": 8}, arrays=table)
    with pytest.raises(ValueError, match=message):
        engine_of([record, last], shape=(1, "time")).plan([4])


COUNTING = """
    import ctypes, sys
    import numpy as np
    from earnest.engine import NativeBackend
    from earnest.file import open_program
    count = ctypes.CDLL(sys.argv[2]).allocations
    program = open_program(sys.argv[1])
    for threads in (1, 2):
        backend = NativeBackend(program, threads=threads)
        codes = np.zeros((1, 100, program.input.shape[-1]), dtype=program.input.container)
        for _ in range(3):
            backend.run(codes)
        before = count()
        for _ in range(50):
            backend.run(codes)
        runs = count() - before
        before = count()
        backend.plan(101)
        print(runs, count() - before)
"""


@pytest.mark.skipif(shutil.which("g++") is None or sys.platform != "linux", reason="needs g++ and a preloaded library")
def test_a_run_allocates_nothing(tiny_world: Any, root: Path, tmp_path: Path):
    """A run makes its result and lists of where codes are; the engine's tasks, some hundred, ask for nothing."""
    library = tmp_path / "counting.so"
    source = root / "tests" / "engine" / "counting_allocations.cpp"
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", str(source), "-o", str(library), "-ldl"], check=True)
    command = [sys.executable, "-c", textwrap.dedent(COUNTING), str(tiny_world.program), str(library)]
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split("\n")
    for line in found[:2]:
        of_runs, of_plan = map(int, line.split())
        assert of_runs <= 8 * 50
        assert of_plan > 500  # the count would show it
