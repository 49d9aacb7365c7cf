"""One drawn group: its nodes, its ports, its curves."""

import re

from tests.judge.page.material import layer, program_steps, step

from earnest.judge.page.graph import draw
from earnest.judge.page.steps import read_steps, repetitions_of


def drawing(listed, number):
    steps = read_steps(listed)
    assert steps is not None
    found = draw(steps, repetitions_of(steps)[number])
    assert found is not None
    return found


LAYERS = drawing(program_steps(layers=3), 2)


def test_a_run_is_drawn_as_its_first_group_with_what_it_reads():
    assert [node.words for node in LAYERS.nodes] == [
        "into the block",
        "from encoder.places.constant[0]",
        *("layer_norm", "linear w4", "table", "reshape", "linear w4", "add"),
    ]
    assert len(LAYERS.edges) == 8


def test_a_value_that_differs_in_the_groups_of_a_run_is_told_of_each():
    assert LAYERS.nodes[0].title.splitlines() == [
        "encoder.layers.0 reads encoder.front.conv.0",
        "encoder.layers.1 reads encoder.layers.0.add[0]",
        "encoder.layers.2 reads encoder.layers.1.add[0]",
    ]
    assert drawing(program_steps(layers=7), 2).nodes[0].title.splitlines()[-1] == "and 3 more"


def test_bounds_that_differ_in_the_groups_of_a_run_are_told():
    titles = {node.step.local: node.title for node in LAYERS.nodes if node.step is not None}
    assert "accumulator bits of all: 18 to 20" in titles["feed.linear1"]
    assert "of all" not in titles["feed.linear2"]


def test_the_input_of_the_program_is_a_node():
    front = drawing(program_steps(), 0)
    assert [node.words for node in front.nodes] == ["from the input of the program", "conv1d w8"]


def test_a_run_that_starts_at_the_input_does_not_read_it_everywhere():
    places = step("encoder.places.constant[0]", "constant", [], 8)
    found = drawing([places, *layer(0, "input"), *layer(1, "encoder.layers.0.add[0]")], 1)
    assert found.nodes[0].words == "into the block"
    assert found.nodes[0].title.splitlines() == [
        "encoder.layers.0 reads the input of the program",
        "encoder.layers.1 reads encoder.layers.0.add[0]",
    ]


def test_layout_is_small_and_has_no_second_line():
    heights = {node.words: (node.height, node.name) for node in LAYERS.nodes}
    assert heights["reshape"] == (17.0, "")
    assert heights["table"] == (34.0, "feed.activation")


def test_nodes_lie_inside_the_drawing_and_apart():
    for node in LAYERS.nodes:
        assert node.left >= 0
        assert node.top >= 0
        assert node.left + node.width <= LAYERS.width
        assert node.top + node.height <= LAYERS.height
    for one in LAYERS.nodes:
        for other in LAYERS.nodes:
            beside = one.left + one.width <= other.left or other.left + other.width <= one.left
            above = one.top + one.height <= other.top or other.top + other.height <= one.top
            assert one is other or beside or above


def test_curves_go_from_below_a_node_to_the_top_of_its_reader():
    starts = {(round(node.left + node.width / 2, 1), round(node.top + node.height, 1)) for node in LAYERS.nodes}
    ends = {(round(node.left + node.width / 2, 1), round(node.top, 1)) for node in LAYERS.nodes}
    for edge in LAYERS.edges:
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d", edge.path)]
        assert (numbers[0], numbers[1]) in starts
        assert (numbers[-2], numbers[-1]) in ends


def test_wider_values_have_thicker_lines():
    listed = [step(f"m.s{bits}", "add", ["input"], bits) for bits in (8, 16, 24)]
    listed.append(step("m.last", "add", [one["name"] for one in listed], 8))
    found = drawing(listed, 0)
    assert sorted(edge.thickness for edge in found.edges) == [1.2, 1.2, 1.2, 1.2, 2.4, 3.6]


def test_long_names_are_cut_in_the_node_and_whole_in_the_title():
    name = "m." + "very_long_name" * 4
    node = drawing([step(name, "add", [], 8)], 0).nodes[0]
    assert len(node.name) == 26
    assert node.name.startswith("…")
    assert name in node.title
