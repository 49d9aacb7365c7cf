"""What a record claims, against what was counted: rates, no loss, improvement, the best of many runs, devices."""

from earnest.judge.record import Claim, CountedRecord
from earnest.judge.verdict import Rule, Section
from earnest.judge.words import rate, total

WIDEST_MARGIN = 0.5
"""Per cent of the words: with a wider margin, a loss that users hear would be called none."""

SIMULATED = frozenset({"twin", "simulation", "simulator", "simulated", "fake-quant", "torch"})
"""Backends whose results are those of a simulation."""

CLAIMED = Rule(
    name="claimed", asks="every rate that is claimed is that of the split that was measured, whole", cap=None
)
NO_LOSS = Rule(
    name="no-loss",
    asks=f"'no loss' is claimed only where the interval of integer minus float ends below a margin that is stated, of "
    f"at most {WIDEST_MARGIN} per cent of the words",
    cap=None,
)
IMPROVEMENT = Rule(
    name="improvement", asks="'better than float' is claimed only where the whole interval lies below 0", cap=None
)
SEEDS = Rule(name="seeds", asks="all registered runs are there, and their mean is what is claimed", cap=None)
LABELLED = Rule(name="labelled", asks="what a simulation computed is called a simulation", cap=None)
DEVICE = Rule(
    name="device", asks="a device's result is claimed only where its codes were compared, and equal", cap=None
)

RULES = (CLAIMED, NO_LOSS, IMPROVEMENT, SEEDS, LABELLED, DEVICE)


def judge_claims(section: Section, measured: CountedRecord, margin: float | None) -> None:
    """Every rule on claims. `margin` is what the judge demands; where the record states a narrower one, that counts."""
    record = measured.record
    for claim in record.claims:
        if problem := _scope(claim, measured):
            section.report(CLAIMED, _where(claim), problem)
        elif claim.kind == "wer":
            _judge_rate(section, claim, measured)
        if claim.kind == "no-loss" and (problem := _loss(claim, measured, margin)):
            section.report(NO_LOSS, _where(claim), problem)
        if claim.kind == "better" and (measured.interval is None or measured.interval[1] >= 0):
            section.report(IMPROVEMENT, _where(claim), f"expected an interval below 0, got {_shown(measured.interval)}")
        compared, differing = record.device.get("compared"), record.device.get("differing")
        if claim.kind == "device" and (type(compared) is not int or compared < 1 or differing != 0):
            section.report(
                DEVICE, _where(claim), f"expected utterances compared, 0 differing, got {compared} and {differing}"
            )
    _judge_runs(section, measured)
    _judge_label(section, measured)


def stated_margin(measured: CountedRecord, margin: float | None) -> float | None:
    """The narrowest margin that judge or record state; None where neither does."""
    margins = [claim.margin for claim in measured.record.claims if claim.kind == "no-loss"]
    return min((one for one in (margin, *margins) if one is not None), default=None)


def _judge_rate(section: Section, claim: Claim, measured: CountedRecord) -> None:
    runs = measured.record.runs if claim.system == "program" else ()
    if len(runs) > 1:
        mean = sum(run.wer for run in runs) / len(runs)
        if not _rounds_to(claim.value, mean):
            best = min(run.wer for run in runs)
            section.report(
                SEEDS, _where(claim), f"expected the mean of {len(runs)} runs, {mean:g} (the least is {best:g})"
            )
        return
    counts = measured.integer if claim.system == "program" else measured.real
    found = None if counts is None else rate(total(counts))
    if found is None or not _rounds_to(claim.value, found):
        section.report(CLAIMED, _where(claim), f"expected what was counted, {found}, got {claim.value}")


def _judge_runs(section: Section, measured: CountedRecord) -> None:
    record = measured.record
    registered, there = sorted(record.seeds), sorted(run.seed for run in record.runs)
    if registered != there:
        section.report(SEEDS, "runs", f"expected the registered seeds {registered}, got runs of {there}")


def _judge_label(section: Section, measured: CountedRecord) -> None:
    facts, rows = measured.record.program.facts, measured.record.rows
    if facts.get("result") == "simulation":
        return
    backend = facts.get("backend")
    if not isinstance(backend, str) or not backend or backend.lower() in SIMULATED:
        section.report(LABELLED, "program", f"expected what ran the integers, got backend {backend!r}")
    bare = [row.id for row in rows if row.logits_sha256 is None]
    if bare:
        section.report(LABELLED, bare[0], f"expected the hash of its logit codes; {len(bare)} utterances have none")


def _scope(claim: Claim, measured: CountedRecord) -> str | None:
    record = measured.record
    if claim.of != record.data:
        return f"expected a claim on {record.data}, which was measured, got one on {claim.of}"
    if record.coverage != "whole":
        return f"expected all of {claim.of} to be measured, got {len(record.rows)} utterances: call it a part"
    return None


def _loss(claim: Claim, measured: CountedRecord, margin: float | None) -> str | None:
    stated = min((one for one in (claim.margin, margin) if one is not None), default=None)
    if stated is None:
        return "expected a margin: that a difference is not significant does not say that there is none"
    if not 0 < stated <= WIDEST_MARGIN:
        return f"expected a margin above 0, of at most {WIDEST_MARGIN}, got {stated:g}"
    if measured.interval is None or measured.interval[1] >= stated:
        return f"expected an interval that ends below {stated:g}, got {_shown(measured.interval)}"
    return None


def _rounds_to(value: float | None, exact: float) -> bool:
    """Whether a value is another one to as many decimals as it shows."""
    if value is None:
        return False
    decimals = len(repr(value).partition(".")[2]) if "e" not in repr(value) else 0
    return abs(value - exact) <= 0.5 * 10.0**-decimals * (1 + 1e-9)


def _where(claim: Claim) -> str:
    return f"claim {claim.kind} of {claim.of}"


def _shown(interval: tuple[float, float] | None) -> str:
    return "none" if interval is None else f"{interval[0]:+.2f} to {interval[1]:+.2f}"
