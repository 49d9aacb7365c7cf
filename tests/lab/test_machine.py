"""The machine that a time was taken on; no test looks at a clock."""

import os
from pathlib import Path

from earnest.lab import machine


def test_the_machine_is_asked_what_else_it_does(tmp_path: Path) -> None:
    stat, cpuinfo = tmp_path / "stat", tmp_path / "cpuinfo"
    stat.write_text("cpu  100 0 20 5000 700 1 2 3 50 0\ncpu0 1 2 3\n")
    cpuinfo.write_text("processor : 0\nmodel name\t: Fast: 3000\n")
    assert machine.busy_seconds(stat) == 126 / os.sysconf("SC_CLK_TCK")
    assert machine.busy_seconds(tmp_path / "none") is None
    assert machine.cpu_name(cpuinfo) == "Fast: 3000"
    result, other = machine.with_other_load(lambda: "done")
    assert result == "done"
    assert other is None or other >= 0
