"""What a file says of itself beside its arithmetic, and whether it is so: names, front end, tokens, decoding."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from earnest.judge.program import rules
from earnest.judge.program.decodings import CTC, decoding_of, listed
from earnest.judge.program.place import MANTISSA_HIGH, MANTISSA_LOW, MOST_SHIFT
from earnest.judge.program.values import code_range
from earnest.judge.verdict import Section

FRONT_ENDS = {"clamped-log-mel": 1, "kaldi-fbank": 1, "log-mel": 1, "waveform": 1}
"""Those that are known, with their version: float, run before the program."""

KEYS = ("front_end", "input_grid", "tokens", "decoding", "recipe", "model", "calibration")
LONGEST_TEXT, MOST_VALUES = 256, 64

_WIDTHS = re.compile(r"(?<![A-Za-z0-9])[wW](\d{1,2})[aA](\d{1,2})(?![A-Za-z0-9])")
_MEAN = re.compile(r"(?<![A-Za-z0-9])mixed-(\d{1,2}(?:\.\d{1,2})?)b(?![A-Za-z0-9])")
DESCRIPTION = "description"


MOST_SHARED = 0.5
"""What the multipliers of groups may add to each weight of a `w4a8`, bits."""


def check_names(
    section: Section, names: Mapping[str, str], widths: Mapping[int, int], activations: int, mean: float
) -> None:
    """Whatever a name promises is counted; `mean` is the width of a weight with its share of its group's multiplier."""
    widest = max(widths, default=0)
    for where, name in names.items():
        for claim in _WIDTHS.finditer(name):
            section.require(
                widest <= int(claim[1]) and activations <= int(claim[2]) and mean <= int(claim[1]) + MOST_SHARED,
                rules.HEADLINE,
                where,
                f"{claim[0]}: expected weights of at most {claim[1]} bits and codes of at most {claim[2]}, "
                f"got weights of {dict(widths)} (bits: how many), {mean:.2f} bits on average with the multipliers of "
                f"groups, and codes of {activations}",
            )
        for claim in _MEAN.finditer(name):
            section.require(
                mean < float(claim[1]) + 0.05,
                rules.HEADLINE,
                where,
                f"{claim[0]}: expected weights of {claim[1]} bits on average, got {mean:.3f}",
            )


def check_description(
    section: Section, found: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]], shape: Sequence[int] | None
) -> None:
    """The way from samples to codes and from classes to text is declared, and nothing else is carried along.

    `shape` is that of the result, None where it is not known.
    """
    section.require(
        set(found) <= set(KEYS),
        rules.NOTHING_HIDDEN,
        DESCRIPTION,
        f"expected the keys {KEYS}, got {sorted(str(key)[:40] for key in set(found) - set(KEYS))} beside them",
    )
    decoding = decoding_of(found.get("decoding"), inputs)
    lists = (*decoding.pieces(found.get("tokens")), *listed(found.get("calibration", [])))
    few = {key: decoding.few(part, inputs) for key, part in found.items() if key not in ("tokens", "calibration")}
    told = list(_leaves(few))
    section.require(
        len(told) <= MOST_VALUES and all(len(str(leaf)) <= LONGEST_TEXT for leaf in (*told, *_leaves(lists))),
        rules.NOTHING_HIDDEN,
        DESCRIPTION,
        f"expected {MOST_VALUES} values at most beside tokens and calibration, of {LONGEST_TEXT} characters at most",
    )
    _check_declared(section, found, inputs, shape)


def _check_declared(
    section: Section, found: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]], shape: Sequence[int] | None
) -> None:
    classes, told = shape[-1] if shape else None, found.get("decoding")
    decoding = decoding_of(told, inputs)
    pieces = decoding.pieces(found.get("tokens"))
    front_end = found.get("front_end")
    named = front_end if isinstance(front_end, dict) else {}
    section.require(
        FRONT_ENDS.get(str(named.get("name")), 0) == named.get("version"),
        rules.DECLARED,
        DESCRIPTION,
        f"expected a front end of {FRONT_ENDS} (name: version), got {named.get('name')!a} {named.get('version')!a}",
    )
    section.require(
        _lawful_grid(found.get("input_grid"), inputs[0]),
        rules.DECLARED,
        DESCRIPTION,
        f"expected an input grid within the law of multipliers, got {str(found.get('input_grid'))[:80]}",
    )
    section.require(
        decoding.lawful(told, inputs),
        rules.DECLARED,
        DESCRIPTION,
        f"expected a decoding of integers, {(CTC.name,)} or that of a decoder or a transducer, got {str(told)[:40]!a}",
    )
    section.require(
        _lists_recordings(found.get("calibration")),
        rules.DECLARED,
        DESCRIPTION,
        "expected the recordings that calibration heard, each by its id and the SHA-256 of its audio",
    )
    section.require(
        shape is None or decoding.axes in (None, len(shape)),
        rules.DECLARED,
        DESCRIPTION,
        f"expected a result of {decoding.axes} axes for its decoding, got {list(shape or ())}",
    )
    section.require(
        classes is None or len(pieces) == classes - decoding.durations(told),
        rules.DECLARED,
        DESCRIPTION,
        f"expected a token for each of {classes} classes, got {len(pieces)}",
    )


def _lists_recordings(found: Any) -> bool:
    """Whether calibration is told: pairs of an id and the SHA-256 of its audio, none where no recording was heard."""
    return isinstance(found, list) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and _is_hash(pair[1]) for pair in found
    )


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _leaves(value: Any) -> Iterator[Any]:
    """Every value that holds no other, and every key."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, (dict, list, tuple)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    else:
        yield value


def _lawful_grid(grid: Any, input_: Mapping[str, Any]) -> bool:
    keys = {"multiplier", "shift", "zero_point"}
    if not isinstance(grid, dict) or set(grid) != keys or not all(type(grid[key]) is int for key in keys):
        return False
    low, high = code_range(input_["bits"], signed=input_["signed"])
    return (
        MANTISSA_LOW <= grid["multiplier"] < MANTISSA_HIGH
        and 1 <= grid["shift"] <= MOST_SHIFT
        and low <= grid["zero_point"] <= high
    )
