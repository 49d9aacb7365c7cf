"""Memory and loading of one system, in a process of its own, above a bare import of its libraries.

The high-water mark of the resident memory (VmHWM of `/proc/self/status`) is set back to what is resident after the
import by writing 5 to `/proc/self/clear_refs`; a second time after the loading, so that loading and running are known
apart. torch.compile compiles anew, but finds the machine code of its kernels in inductor's cache on disk, where the
timing before has left it: its loading is that of a second start.
"""

import gc
import time
from pathlib import Path

from benchmarks.material import Material
from benchmarks.systems import SYSTEMS

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"


def measure(material: Material, name: str, seconds: int, threads: int) -> dict[str, float]:
    """`peak_bytes` of loading and one run, `run_peak_bytes` of what stays loaded and the run, `load_seconds`, and for
    ours `opened_seconds`, `ready_seconds`, `weight_bytes`. To be called in a fresh process.
    """
    system = SYSTEMS[name]
    system.imports()
    gc.collect()
    reset_peak()
    bare = resident("VmRSS")
    start = time.perf_counter()
    loaded = system.load(material, seconds, threads)
    load_seconds = time.perf_counter() - start
    loading = resident("VmHWM")
    gc.collect()
    reset_peak()
    loaded.run()
    running = resident("VmHWM")
    return {
        "peak_bytes": max(loading, running) - bare,
        "run_peak_bytes": running - bare,
        "load_seconds": round(load_seconds, 6),
        **{key: round(value, 6) for key, value in loaded.facts.items()},
    }


def reset_peak() -> None:
    """The high-water mark becomes what is resident now."""
    CLEAR.write_text(RESET_PEAK)


def resident(key: str) -> int:
    """A figure of the process in bytes: VmRSS, what is resident, or VmHWM, the most that was."""
    for line in STATUS.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return 1024 * int(value.split()[0])
    raise OSError(f"{STATUS}: no {key}")
