"""Rows of kind "benchmark": the native engine beside its rivals, on one model, one length, one number of threads.

ratio of a rival = its median time / median time of the w8a8 program        (above 1: the program is faster)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from earnest.errors import LedgerError
from earnest.ledger.fields import (
    MaybePositive,
    MaybeSize,
    Object,
    Part,
    Positive,
    Real,
    Size,
    Text,
    Unsigned,
)
from earnest.ledger.row import LedgerRow, machine_name

BENCHMARK = "benchmark"
OURS, OURS_SMALL = "earnest-w8a8", "earnest-w4a8"
DYNAMIC, STATIC = "onnxruntime-int8-dynamic", "onnxruntime-int8-static"
TOLERANCE = 0.002
"""Relative; figures in the ledger are rounded."""
SECONDS_TOLERANCE = 0.001


class SystemTimes(Part, frozen=True):
    """Milliseconds of a run, the median and the ends, and how far its result is from torch eager's."""

    milliseconds: Positive
    fastest: Positive
    slowest: Positive
    frames_differing: Unsigned
    """The share of frames with another token."""
    largest_difference: Real | None = None
    """Of the logits; None where they have another scale."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.fastest <= self.milliseconds <= self.slowest:
            raise ValueError("expected the median between fastest and slowest")
        if self.frames_differing > 1:
            raise ValueError("expected a share of frames_differing from 0 to 1")
        return self


class SystemMemory(Part, frozen=True):
    """Bytes above a bare import at their peak, of loading and run, and of a run alone; seconds of loading.

    `opened_seconds`, `ready_seconds` (what loading is made of) and `weight_bytes` (resident) are our own programs'.
    """

    peak_bytes: Size
    run_peak_bytes: Size
    load_seconds: Positive
    opened_seconds: MaybePositive = None
    ready_seconds: MaybePositive = None
    weight_bytes: MaybeSize = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.run_peak_bytes > self.peak_bytes:
            raise ValueError("a run alone cannot take more than loading and run")
        if (self.opened_seconds or 0) + (self.ready_seconds or 0) > self.load_seconds + SECONDS_TOLERANCE:
            raise ValueError("opened and ready cannot take longer than load_seconds")
        return self


class LayerSpeed(Part, frozen=True):
    """A linear layer: its shape, operations per second, and the share of the machine's peak that these are."""

    rows: Size
    in_features: Size
    out_features: Size
    weight_bits: Size
    operations_per_second: Positive
    share: Positive


class LinearSpeed(Part, frozen=True):
    """The 8-bit peak of the machine in operations per second, and layers beside it."""

    peak: Positive
    layers: Annotated[tuple[LayerSpeed, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for layer in self.layers:
            if abs(layer.operations_per_second / self.peak - layer.share) > TOLERANCE:
                raise ValueError(f"{layer!r} is no such share of the peak {self.peak}")
        return self


class BenchmarkRow(LedgerRow, frozen=True):
    """All systems in turns, in one process."""

    NOUN: ClassVar[str] = "a benchmark"

    kind: Literal["benchmark"]
    model: Text
    model_sha256: Text
    program_sha256: Object
    """By recipe."""
    float_bytes: MaybeSize = None
    """Of the float32 parameters. Absent in rows that were not written by this package, as is the next."""
    calibration_recordings: MaybeSize = None
    target: Text
    data: Text
    data_sha256: Text
    cpu: Text
    cpus: Size  # type: ignore[assignment]
    other_load: Unsigned | None
    """Cores that others kept busy during the rounds; None where the system does not tell."""
    seconds: Size
    """Of the speech."""
    threads: Size
    repeats: Size
    """Rounds."""
    systems: dict[str, SystemTimes]
    failed: dict[str, Text]
    """Why a system has no times, by its name."""
    ratios: dict[str, Real]
    memory: dict[str, SystemMemory] | None
    """By system; None where it was not measured with this row."""
    linear: LinearSpeed | None
    """None where it was not measured with this row."""

    @property
    def machine_name(self) -> str:
        """The processor and its cores."""
        return machine_name(self.cpu, self.machine, self.cpus)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, reason in self.failed.items():
            if not reason:
                raise ValueError(f"{name} failed: expected the reason, got {reason!r}")
            if name in self.systems:
                raise ValueError(f"{name} has times, and failed all the same: {reason!r}")
        expected = ratios({name: system.milliseconds for name, system in self.systems.items()})
        near = (abs(self.ratios[name] - expected[name]) <= TOLERANCE * max(1.0, expected[name]) for name in expected)
        if self.ratios.keys() != expected.keys() or not all(near):
            raise ValueError(f"the times give the ratios {expected}, got {dict(self.ratios)}")
        for name, held in (self.memory or {}).items():
            ours = (held.opened_seconds, held.ready_seconds, held.weight_bytes)
            if name in (OURS, OURS_SMALL) and None in ours:
                raise ValueError(f"memory of {name}: expected opened_seconds, ready_seconds and weight_bytes")
        return self


def ratios(milliseconds: Mapping[str, float]) -> dict[str, float]:
    """Time of each rival over that of the w8a8 program, from median times by system.

    `onnxruntime-int8` stands for the dynamic one, `onnxruntime-int8-static` for the faster of the static ones.
    LedgerError: no time of the program.
    """
    if OURS not in milliseconds:
        raise LedgerError(f"expected a time of {OURS}, got {sorted(milliseconds)}: there is nothing to compare with")
    ours = milliseconds[OURS]
    found = {name: time / ours for name, time in milliseconds.items() if name not in (OURS, OURS_SMALL)}
    static = [ratio for name, ratio in found.items() if name.startswith(f"{STATIC}-")]
    if DYNAMIC in found:
        found["onnxruntime-int8"] = found[DYNAMIC]
    if static:
        found[STATIC] = min(static)
    return {name: round(ratio, 3) for name, ratio in found.items()}
