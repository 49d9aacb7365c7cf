"""The overview: one cell for every step, each group a row."""

from tests.judge.page.material import program_steps, step

from earnest.judge.page.overview import COLUMNS, PITCH, overview
from earnest.judge.page.steps import read_steps, repetitions_of


def seen(listed):
    steps = read_steps(listed)
    assert steps is not None
    return overview(steps, repetitions_of(steps))


def test_every_step_has_a_cell_of_its_own():
    found = seen(program_steps(layers=3))
    assert sorted(cell.step.name for cell in found.cells) == sorted(one["name"] for one in program_steps(layers=3))
    assert len({(cell.left // PITCH, cell.top // PITCH) for cell in found.cells}) == len(found.cells)
    assert all(cell.left + cell.size <= found.width and cell.top + cell.size <= found.height for cell in found.cells)


def test_rows_are_groups_and_equal_layers_lie_in_columns():
    found = seen(program_steps(layers=3))
    assert [name for name, _ in found.rows] == [
        *("encoder.front", "encoder.places", "encoder.layers.0", "encoder.layers.1", "encoder.layers.2", "head"),
    ]
    norms = [cell for cell in found.cells if cell.step.kind == "layer_norm"]
    assert len({cell.left for cell in norms}) == 1
    assert len({cell.top for cell in norms}) == 3


def test_forms_tell_weights_arithmetic_and_layout():
    forms = {cell.step.kind: cell.form for cell in seen(program_steps()).cells}
    assert forms["linear"] == "square"
    assert forms["add"] == "circle"
    assert forms["reshape"] == "dot"


def test_a_long_group_goes_on_below():
    found = seen([step(f"m.s{n}", "add", [], 8) for n in range(2 * COLUMNS + 1)])
    assert len({cell.top for cell in found.cells}) == 3
    assert found.height == 3 * PITCH
