"""What a file may declare of its decoding, and what the judge does not take for one."""

from typing import Any

import pytest

from earnest.judge.program.decodings import CTC, DECODINGS, Autoregressive, Transducer, decoding_of

AUDIO: dict[str, Any] = {"low": -128, "high": 127}
READ: dict[str, Any] = {"low": 0, "high": 9, "longest": 6}
DECODER: dict[str, Any] = {
    "name": "autoregressive",
    "start": [1],
    "end": [2],
    "suppressed": [3, 4],
    "suppressed_first": [],
    "most_tokens": 6,
    "multiplier": 40000,
    "shift": 12,
}
FRAMES: dict[str, Any] = {
    "name": "transducer",
    "start": 9,
    "blank": 9,
    "durations": [0, 1],
    "most_of_a_frame": 3,
    "most_tokens": 6,
}


@pytest.mark.parametrize(
    ("found", "inputs", "kind", "axes", "durations"),
    [
        ("ctc-greedy", [AUDIO], CTC, None, 0),
        (DECODER, [AUDIO, READ], Autoregressive, 3, 0),
        (FRAMES, [AUDIO, READ], Transducer, 4, 2),
    ],
)
def test_each_is_found_by_its_name(found: Any, inputs: Any, kind: type, axes: int | None, durations: int) -> None:
    decoding = decoding_of(found, inputs)
    assert type(decoding) is kind
    assert decoding.lawful(found, inputs)
    assert (decoding.axes, decoding.durations(found)) == (axes, durations)


@pytest.mark.parametrize(
    ("found", "inputs"),
    [
        (None, [AUDIO]),
        ("beam", [AUDIO]),
        (DECODER, [AUDIO]),
        (FRAMES, [AUDIO]),
        ("ctc-greedy", [AUDIO, READ]),
        (DECODER | {"name": "transducer"}, [AUDIO, READ]),
        (FRAMES | {"name": "autoregressive"}, [AUDIO, READ]),
        (DECODER | {"more": 1}, [AUDIO, READ]),
        (DECODER | {"shift": True}, [AUDIO, READ]),
        (DECODER | {"suppressed": [10]}, [AUDIO, READ]),
        (DECODER | {"suppressed": [3, 3]}, [AUDIO, READ]),
        (FRAMES | {"blank": 10}, [AUDIO, READ]),
        (FRAMES | {"durations": [1025]}, [AUDIO, READ]),
        (FRAMES | {"durations": [1] * 17}, [AUDIO, READ]),
        (FRAMES | {"most_of_a_frame": 0}, [AUDIO, READ]),
        (FRAMES | {"most_tokens": 7}, [AUDIO, READ]),
    ],
)
def test_nothing_else_is_lawful(found: Any, inputs: Any) -> None:
    assert not any(each.lawful(found, inputs) for each in DECODINGS if each.reads_tokens == (len(inputs) > 1))


def test_pieces_are_those_that_are_told_as_they_should() -> None:
    assert CTC().pieces(["a", "b"]) == ["a", "b"]
    assert CTC().pieces({"pieces": ["a"]}) == [None]
    told = {"coding": "byte-level", "pieces": ["a", "b"], "special": [1]}
    for decoding in (Autoregressive(), Transducer()):
        assert decoding.pieces(told) == ["a", "b"]
        for change in ({"coding": "letters"}, {"special": [2]}, {"special": None}, {"more": 1}):
            assert decoding.pieces(told | change) == [None]


def test_suppressed_tokens_are_not_counted_where_they_are_lawful() -> None:
    inputs = [AUDIO, READ]
    assert set(DECODER) - set(Autoregressive().few(DECODER, inputs)) == {"suppressed", "suppressed_first"}
    unlawful = DECODER | {"suppressed": [99]}
    assert Autoregressive().few(unlawful, inputs) is unlawful
    assert Transducer().few(FRAMES, inputs) is FRAMES
