"""Fronts hold what nothing beats, and nothing else."""

import itertools
import random

from tests.report.material import evaluation, experiment

from earnest.report.html.fronts import not_beaten, planes


def fronts(rows, cost="file_bytes"):
    """Names of the recipes on each front and off it."""
    return {
        (plane.data, plane.machine, front.target): (
            [each.recipe for each in front.best],
            [each.recipe for each in front.beaten],
        )
        for plane in planes(rows, cost)
        for front in plane.fronts
    }


def by_definition(points):
    def beats(a, b):
        return a[0] <= b[0] and a[1] <= b[1] and a != b

    kept = [i for i, point in enumerate(points) if not any(beats(other, point) for other in points)]
    return sorted(kept, key=lambda i: (points[i], i))


def test_the_front_is_what_its_definition_says():
    generator = random.Random(0)
    cases = list(itertools.product(itertools.product(range(3), repeat=2), repeat=3))
    cases += [[(generator.randrange(6), generator.randrange(6)) for _ in range(9)] for _ in range(300)]
    for points in cases:
        assert not_beaten(points) == by_definition(points), points
    assert not_beaten([]) == []


def test_a_planted_program_that_is_beaten_is_not_on_the_front():
    rows = [
        evaluation("small", file_bytes=5_000_000, errors=600),
        evaluation("planted", file_bytes=5_000_001, errors=600),
        evaluation("large", file_bytes=9_000_000, errors=500),
        evaluation("worse", file_bytes=9_000_000, errors=501),
    ]
    assert fronts(rows) == {("dev-clean", None, "int8x16"): (["small", "large"], ["planted", "worse"])}


def test_targets_and_utterances_have_fronts_of_their_own():
    rows = [
        evaluation("a"),
        evaluation("b", target="int8", errors=900),
        evaluation("c", data_sha256="ef" * 32, errors=901),
        evaluation("d", utterances=8, errors=902),
    ]
    found = planes(rows, "file_bytes")
    assert [plane.utterances for plane in found] == [646, 646, 8]
    assert [len(plane.fronts) for plane in found] == [2, 1, 1]
    assert not [each for plane in found for front in plane.fronts for each in front.beaten]


def test_only_the_latest_measurement_of_a_configuration_counts():
    assert fronts([evaluation("a", errors=460), evaluation("a", errors=470)]) == {
        ("dev-clean", None, "int8x16"): (["a"], [])
    }
    (plane,) = planes([evaluation("a", errors=errors) for errors in (460, 470)], "file_bytes")
    assert plane.fronts[0].best[0].errors == (440, 20, 10)


def test_times_are_compared_on_one_machine_and_rows_without_are_left_out():
    rows = [
        evaluation("no time"),
        experiment("slow", milliseconds=90.0),
        experiment("fast"),
        experiment("far", cpus=64),
    ]
    assert fronts(rows, "milliseconds") == {
        ("dev-clean", "x86_64, 2 cores", "int8x16"): (["fast"], ["slow"]),
        ("dev-clean", "x86_64, 64 cores", "int8x16"): (["far"], []),
    }
    assert planes([evaluation()], "milliseconds") == []
