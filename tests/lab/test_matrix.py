"""Cells and their keys: what decides the result changes the key, and nothing else does."""

import shutil
from pathlib import Path

import pytest
from tests.lab.tiny_experiment import write_experiment

from earnest.errors import ExperimentError, RecipeError, TargetError
from earnest.lab.experiment import load_experiment
from earnest.lab.matrix import Cell, matrix_cells, with_methods
from earnest.swapping.recipe import load_recipe
from synthetic import TinyWorld


def cells(file: Path) -> list[Cell]:
    return matrix_cells(load_experiment(file))


def changed(file: Path, old: str, new: str) -> Path:
    text = file.read_text()
    assert old in text
    other = file.with_name("other.toml")
    other.write_text(text.replace(old, new))
    return other


def test_every_combination_is_a_cell_and_one_program_follows_another(tiny_world: TinyWorld, tmp_path: Path) -> None:
    file = write_experiment(tmp_path, tiny_world)
    shutil.copytree(tiny_world.data, tmp_path / "again")
    for words in (tmp_path / "again").rglob("*.trans.txt"):
        words.write_text(words.read_text().replace("NOBODY", "SOMEBODY"))
    file = changed(file, f'data = ["{tiny_world.data}"]', f'data = ["{tiny_world.data}", "again"]')
    file = changed(file, "seed = [0]", 'seed = [0, 1]\nmethod = [[], ["gptq"]]')
    found = cells(file)
    assert len(found) == len({cell.key for cell in found}) == 2 * 2 * 2 * 2
    assert len({cell.product for cell in found}) == 8
    assert [cell.product for cell in found[::2]] == [cell.product for cell in found[1::2]]
    assert {cell.recipe.name for cell in found} == {"w8a8", "w8a8+gptq", "w4a8", "w4a8+gptq"}


def test_the_same_twice_is_one_cell(tiny_world: TinyWorld, tmp_path: Path) -> None:
    assert len(cells(write_experiment(tmp_path, tiny_world, recipes='["w8a8", "w8a8"]'))) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed = [0]", "seed = [1]"),
        ("limit = 1", "limit = 2"),
        ("limit = 2", "limit = 3"),
        ("longest = 10", "longest = 11"),
        ("int8x16", "int8"),
        ("w4a8", "w4a8-best"),
    ],
)
def test_what_decides_the_result_changes_the_key(tiny_world: TinyWorld, tmp_path: Path, old: str, new: str) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w4a8"]')
    (before,), (after,) = cells(file), cells(changed(file, old, new))
    assert before.key != after.key


def test_the_name_of_the_experiment_and_the_place_of_files_are_no_part_of_a_key(
    tiny_world: TinyWorld, tmp_path: Path
) -> None:
    file = write_experiment(tmp_path, tiny_world)
    keys = [cell.key for cell in cells(file)]
    assert [cell.key for cell in cells(changed(file, '"tiny"', '"small"'))] == keys
    shutil.copytree(tiny_world.model, tmp_path / "model")
    assert [cell.key for cell in cells(changed(file, str(tiny_world.model), "model"))] == keys
    tokens = tmp_path / "model" / "tokens.txt"
    tokens.write_text(tokens.read_text().replace("0\n", "0 \n", 1))
    assert [cell.key for cell in cells(changed(file, str(tiny_world.model), "model"))] != keys


def test_the_content_of_a_recipe_counts(tiny_world: TinyWorld, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    text = 'name = "mine"\ndescription = "a"\n[[rule]]\nweight_bits = {}\n'
    recipe.write_text(text.format(4))
    file = write_experiment(tmp_path, tiny_world, recipes='["mine.toml"]')
    (before,) = cells(file)
    recipe.write_text(text.format(5))
    assert cells(file)[0].key != before.key
    recipe.write_text(text.format(4).replace('"a"', '"b"'))
    assert cells(file)[0].key == before.key


def test_parts_of_another_source_are_not_used(
    tiny_world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8"]')
    (before,) = cells(file)
    real = before.float_key
    monkeypatch.setattr("earnest.lab.matrix.source_sha256", lambda: "another")
    (after,) = cells(file)
    assert after.key == before.key
    assert after.product != before.product
    assert after.float_key != real


def test_methods_are_told_by_the_name() -> None:
    assert with_methods(load_recipe("w4a8"), []) == load_recipe("w4a8")
    assert with_methods(load_recipe("w4a8"), ["gptq"]).name == "w4a8+gptq"
    assert with_methods(load_recipe("w4a8-best"), []).name == "w4a8-best+plain"
    with pytest.raises(ExperimentError, match="methods"):
        with_methods(load_recipe("w4a8"), ["magic"])


def test_names_that_are_none_are_refused_before_any_work(tiny_world: TinyWorld, tmp_path: Path) -> None:
    file = write_experiment(tmp_path, tiny_world)
    with pytest.raises(TargetError, match="tpu"):
        cells(changed(file, "int8x16", "tpu"))
    with pytest.raises(RecipeError, match="w1a1"):
        cells(changed(file, "w4a8", "w1a1"))
