"""Programs are the files that they were: byte for byte, whatever is built anew around them."""

import platform
from collections.abc import Sequence

import pytest
from tests.golden_programs import QUICK, frozen, made, models, named, sha256_of, ways

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="hashes are those of programs that an x86-64 makes"
)
pytest.importorskip("transformers")


def check(wanted: Sequence[tuple[str, str, str]]) -> None:
    known, found = frozen(), dict(made(wanted))
    assert found == {named(*way): known[named(*way)] for way in wanted}


def test_some_programs_are_what_they_were() -> None:
    check(QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("model", models())
def test_all_programs_are_what_they_were(model: str) -> None:
    check(ways([model]))


def test_every_program_has_a_hash() -> None:
    assert set(frozen()) == {named(*way) for way in ways(models())}
    assert {named(*way) for way in QUICK} <= set(frozen())


def test_another_program_has_another_hash() -> None:
    assert sha256_of("torch-encoder", "w8a8", "int8x16") != sha256_of("torch-encoder-pre", "w8a8", "int8x16")
