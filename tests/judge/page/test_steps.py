"""Steps, the groups that they belong to, and which groups are equal."""

import pytest
from tests.judge.page.material import layer, program_steps, step

from earnest.judge.page.steps import group_of, read_steps, repetitions_of


def repetitions(listed):
    steps = read_steps(listed)
    assert steps is not None
    return repetitions_of(steps)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("encoder.layers.0.self_attn.linear_q", "encoder.layers.0"),
        ("encoder.layers.12.add[0]", "encoder.layers.12"),
        ("encoder.layers.0.blocks.1.linear", "encoder.layers.0"),
        ("encoder.pre_encode.conv.0", "encoder.pre_encode"),
        ("encoder.pre_encode.reshape[1]", "encoder.pre_encode"),
        ("decoder.decoder_layers.0", "decoder"),
        ("decoder.transpose[0]", "decoder"),
        ("a.b.c.d.e", "a.b"),
        ("head", "head"),
        ("add[3]", "add"),
        ("0", "0"),
        ("", ""),
    ],
)
def test_group_of(name, group):
    assert group_of(name) == group


def test_equal_layers_are_one_repetition_behind_what_they_read():
    found = repetitions(program_steps(layers=3))
    assert [one.title for one in found] == ["encoder.front", "encoder.places", "encoder.layers.0 to 2", "head"]
    assert [len(one.groups) for one in found] == [1, 1, 3, 1]


def test_every_step_is_in_one_group():
    found = repetitions(program_steps(layers=3))
    places = sorted(place for one in found for group in one.groups for place in group.places)
    assert places == list(range(len(program_steps(layers=3))))


@pytest.mark.parametrize(
    "change",
    [
        {"bits": 16},
        {"weight_bits": 8},
        {"kind": "conv1d"},
        {"shape": [1, 7]},
        {"input_bits": [16]},
        {"inputs": ["encoder.layers.1.feed.linear1"]},
    ],
)
def test_a_layer_that_differs_is_no_part_of_the_run(change):
    listed = [*layer(0, "input"), *layer(1, "encoder.layers.0.add[0]"), *layer(2, "encoder.layers.1.add[0]")]
    changed = next(n for n, one in enumerate(listed) if one["name"] == "encoder.layers.1.feed.activation")
    if "inputs" in change:
        listed[changed + 1] |= change
    else:
        listed[changed] |= change
    assert [one.title for one in repetitions(listed)] == [f"encoder.layers.{n}" for n in range(3)]


def test_layers_that_read_another_number_of_values_are_no_run():
    def block(index, one, other):
        return step(f"layers.{index}.sum.add[0]", "add", [one, other], 8)

    outside = [step(f"front.{name}[0]", "add", ["input"], 8) for name in "abc"]
    twice = [*outside, block(0, "front.a[0]", "front.a[0]"), block(1, "front.b[0]", "front.c[0]")]
    both = [*outside, block(0, "front.a[0]", "front.b[0]"), block(1, "front.b[0]", "front.c[0]")]
    assert [one.title for one in repetitions(twice)] == ["front", "layers.0", "layers.1"]
    assert [one.title for one in repetitions(both)] == ["front", "layers.0 to 1"]


def test_layers_of_different_lists_are_different():
    listed = [step(f"{side}.layers.0.add[0]", "add", ["input"], 8) for side in ("encoder", "decoder")]
    assert [one.title for one in repetitions(listed)] == ["encoder.layers.0", "decoder.layers.0"]


def test_groups_that_read_each_other_are_all_there():
    listed = [step("a.x", "add", ["input"], 8), step("b.x", "add", ["a.x"], 8), step("a.y", "add", ["b.x"], 8)]
    assert [one.title for one in repetitions(listed)] == ["a", "b"]


def test_a_name_that_is_read_before_it_is_made_comes_from_outside():
    steps = read_steps([step("a.x", "add", ["a.y", "a.x"], 8), step("a.y", "add", ["a.x"], 8)])
    assert steps is not None
    assert [one.sources for one in steps] == [(-1, -1), (0,)]


def test_a_step_shows_what_is_known_of_it():
    steps = read_steps([step("a.linear", "linear", ["input"], 16, 4, accumulator_bits=21, seen_later="yes")])
    assert steps is not None
    assert steps[0].seen == 4
    assert steps[0].title.splitlines() == [
        *("a.linear", "linear", "bits: 16", "weight bits: 4", "inputs: input", "input bits: 8", "shape: 1, 1,500, 176"),
        *("accumulator bits: 21", "seen later: yes"),
    ]
