"""docs/by-hand.md is right: each of its equations holds exactly, plain Python agrees, and so does earnest."""

import re
import subprocess
import sys
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest

NUMBER = r"\d+(?:\.\d+)?"
EQUATIONS = 39
INTEGERS = {"q0": -3, "q1": -88, "q2": 72, "c0": 7, "c1": -3, "c2": 1, "B": 200, "m": 34953, "s": 19, "S": 515, "Y": 24}


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "by-hand.md").read_text(encoding="utf-8")


def equations(page: str) -> list[str]:
    """The indented lines of the page without its program, taken apart where several stand beside each other."""
    pencil = page.partition("```")[0]
    lines = [line for line in pencil.splitlines() if line.startswith("    ") and "=" in line]
    parts = [part for line in lines for part in re.split(r" {2,}", line.strip())]
    return [part for part in parts if "=" in part]


def value(term: str, names: dict[str, Fraction]) -> Fraction:
    """A term of the page in exact fractions."""
    python = re.sub(rf"(?<![A-Za-z\d]){NUMBER}", lambda found: f"Fraction('{found[0]}')", term)
    python = python.replace("·", "*").replace("^", "**")
    python = re.sub(r"(.+) >> (.+)", r"floor((\1) / Fraction(2) ** (\2))", python)
    return Fraction(eval(python, {"Fraction": Fraction, "floor": floor}, dict(names)))


def solved(page: str) -> dict[str, Fraction]:
    """The names of the page with their values; AssertionError where two sides of an equation differ."""
    names: dict[str, Fraction] = {}
    for equation in equations(page):
        first, *terms = equation.split(" = ")
        if re.fullmatch(r"[A-Za-z]\d?|[sz][xyw]", first) and first not in names:
            names[first] = value(terms[0], names)
        found = [value(term, names) for term in (first, *terms)]
        assert len(set(found)) == 1, f"{equation}: {[str(each) for each in found]}"
    return names


def test_every_equation_of_the_page_holds(page: str) -> None:
    assert len(equations(page)) == EQUATIONS
    names = solved(page)
    assert {name: names[name] for name in INTEGERS} == INTEGERS


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("y = x0 · w0 + x1 · w1 + x2 · w2 + b = 1.07031", "y = x0 · w0 + x1 · w1 + x2 · w2 + b = 1.0703"),
        ("- 28 = -88", "- 28 = -87"),
        ("140 = 200", "140 = 201"),
        ("+ 1/2) = 34953", "+ 1/2) = 34952"),
        ("18262939 >> 19 = 34", "18262939 >> 19 = 35"),
        ("x1 = -1.194", "x1 = -1.195"),
        ("= -0.0007", "= -0.0008"),
    ],
)
def test_a_wrong_number_is_noticed(page: str, right: str, wrong: str) -> None:
    assert page.count(right) == 1
    with pytest.raises(AssertionError, match=r"^\S.*: \["):
        solved(page.replace(right, wrong))


def test_every_number_of_the_prose_stands_in_an_equation(page: str) -> None:
    """Widths, numbers of sections and of equations of the law, and the ends of codes are no results."""
    known = {"2", "4", "5", "8", "15", "16", "31", "32", "127", "32768", "65535"}
    prose = [line for line in page.partition("```")[0].splitlines() if not line.startswith(("    ", "#"))]
    numbers = set(re.findall(rf"(?<![A-Za-z\d.]){NUMBER}", " ".join(prose)))
    in_equations = set(re.findall(NUMBER, " ".join(equations(page))))
    assert numbers <= in_equations | known
    assert 2**15 == 32768 <= INTEGERS["m"] <= 65535 == 2**16 - 1


def test_plain_python_agrees(page: str) -> None:
    """The same from the floats on, in integers and fractions, with nothing of the page but the floats."""
    names = solved(page)
    x, w = ([names[f"{letter}{i}"] for i in range(3)] for letter in "xw")
    half = Fraction(1, 2)
    input_scale, output_scale, weight_scale = Fraction(2, 100), Fraction(3, 100), max(map(abs, w)) / 7
    q = [max(-128, min(127, floor(each / input_scale + half) - 28)) for each in x]
    c = [max(-7, min(7, floor(each / weight_scale + half))) for each in w]
    bias = floor(names["b"] / (input_scale * weight_scale) + half) + 28 * sum(c)
    ratio, shift = input_scale * weight_scale / output_scale, 0
    while ratio * 2**shift < 2**15:
        shift += 1
    multiplier = floor(ratio * 2**shift + half)
    total = sum(code * weight for code, weight in zip(q, c, strict=True)) + bias
    code = max(-128, min(127, (total * multiplier + 2 ** (shift - 1)) // 2**shift - 10))
    assert dict(zip(INTEGERS, (*q, *c, bias, multiplier, shift, total, code), strict=True)) == INTEGERS
    assert (names["y"], names["z"]) == (sum(a * b for a, b in zip(x, w, strict=True)) + names["b"], Fraction(102, 100))


def block(page: str, language: str) -> str:
    """The block of a language, of which the page has one."""
    return page.split(f"```{language}\n")[1].split("```", maxsplit=1)[0]


def test_the_program_of_the_page_prints_what_the_page_says(page: str) -> None:
    program, printed = block(page, "python"), block(page, "text")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, printed), result.stderr
    integers = [int(each) for each in re.findall(r"(?<![\d.])-?\d+(?![\d.])", printed)]
    assert integers == list(INTEGERS.values())
