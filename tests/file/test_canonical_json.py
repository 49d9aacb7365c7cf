"""JSON with one text for one value."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.errors import FileError
from earnest.file.canonical_json import DEPTH, decode, encode, shown

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
VALUES = st.recursive(
    st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
@settings(max_examples=100)
def test_round_trip(value):
    text = encode(value)
    assert decode(text, "x") == value == json.loads(text)
    assert encode(decode(text, "x")) == text
    assert encode(decode(json.dumps(value, indent=2), "x")) == text


def test_the_text():
    assert encode({"b": (1, True), "a": ["é", {}]}) == '{"a":["é",{}],"b":[1,true]}'


BAD = {
    "float": ("[1.0]", "integers only, got '1.0'"),
    "exponent": ("[1e400]", "integers only"),
    "NaN": ("[NaN]", "integers only"),
    "infinity": ("-Infinity", "integers only"),
    "null": ("null", "no null"),
    "doubled key": ('{"a":1,"b":2,"a":1}', "every key once, got 'a' twice"),
    "long integer": ("9" * 5000, "64 bits, got one of 5000 digits"),
    "65 bits": ("9223372036854775808", "an integer of 64 bits"),
    "surrogate": ('"\\ud800"', "surrogate"),
    "surrogate in a key": ('{"\\udfff":1}', "surrogate"),
    "truncated": ('{"a":', "expected JSON"),
    "nothing": ("", "expected JSON"),
    "two values": ("1 2", "expected JSON"),
    "control character": ('"\x00"', "expected JSON"),
    "one level too deep": ("[" * (DEPTH + 2) + "]" * (DEPTH + 2), f"at most {DEPTH} levels"),
    "a leaf one level too deep": ("[" * (DEPTH + 1) + "1" + "]" * (DEPTH + 1), f"at most {DEPTH} levels"),
    "a fault in its place": (
        '{"a":[1,{"b":[true,9223372036854775808]}]}',
        r"\.a\[1\]\.b\[1\]: expected an integer of 64",
    ),
    "very deep": ("[" * 1_000_000, f"at most {DEPTH} levels"),
    "very deep objects": ('{"":' * 1_000_000, f"at most {DEPTH} levels"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    text, message = BAD[name]
    with pytest.raises(FileError, match=message) as error:
        decode(text, "the source")
    assert str(error.value).startswith("the source: ")
    assert len(str(error.value)) < 400


def test_deep_enough():
    assert decode("[" * DEPTH + "1" + "]" * DEPTH, "x")


def test_errors_stay_short_and_printable():
    assert len(shown("a" * 10_000)) < 100
    assert len(shown([["b" * 1000] * 1000] * 1000)) < 1000
    assert shown("\x1b[2J").isprintable()
    with pytest.raises(FileError) as error:
        encode({"k" * 100_000: {"\x1b": {"a": None}}})
    assert len(str(error.value)) < 400
    assert str(error.value).isprintable()
