"""The machine that a benchmark ran on: its processor, and what else kept it busy meanwhile."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

CPUINFO, STAT = Path("/proc/cpuinfo"), Path("/proc/stat")
_IDLE = (3, 4)
"""Columns of `/proc/stat` in which a core does nothing: idle, and waiting for a disk."""
_COLUMNS = 8
"""Up to `steal`; what follows is counted in `user` already."""

Result = TypeVar("Result")


def cpu_name(cpuinfo: Path = CPUINFO) -> str:
    """What the processor calls itself, or its architecture where it says nothing."""
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.machine()


def with_other_load(work: Callable[[], Result]) -> tuple[Result, float | None]:
    """What the work gives, and how many cores others kept busy in the meantime (None where the system does not tell).

    Cores that a hypervisor gave to somebody else count.
    """
    start, busy, own = time.monotonic(), busy_seconds(), time.process_time()
    result = work()
    wall, used, busy_after = time.monotonic() - start, time.process_time() - own, busy_seconds()
    if busy is None or busy_after is None:
        return result, None
    return result, round(max(0.0, busy_after - busy - used) / max(wall, 1e-9), 3)


def busy_seconds(stat: Path = STAT) -> float | None:
    """Seconds of all cores together since the start of the machine in which they were not idle."""
    if not stat.is_file():
        return None
    name, *columns = stat.read_text(encoding="utf-8").split("\n", 1)[0].split()
    if name != "cpu":
        return None
    ticks = sum(int(column) for place, column in enumerate(columns[:_COLUMNS]) if place not in _IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")
