"""An experiment's file: what it may say, where its paths lead, and one line for what is wrong."""

from pathlib import Path

import pytest
from tests.lab.tiny_experiment import write_experiment

from earnest.errors import ExperimentError
from earnest.lab.experiment import load_experiment
from synthetic import TinyWorld


def test_paths_lead_beside_the_file_or_through_a_variable(
    tiny_world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_experiment(tmp_path, tiny_world)
    (tmp_path / "mine.toml").touch()
    text = file.read_text().replace(str(tiny_world.model), "$TINY/tiny-model").replace('"w8a8", ', '"mine.toml", ')
    file.write_text(text.replace(f'data = ["{tiny_world.data}"]', 'data = ["elsewhere"]'))
    monkeypatch.setenv("TINY", "over-there")
    found = load_experiment(file)
    assert found.matrix.model == ["over-there/tiny-model"]
    assert found.matrix.recipe == [str(tmp_path / "mine.toml"), "w4a8"]
    assert found.evaluation.data == ["elsewhere"]
    (tmp_path / "elsewhere").mkdir()
    assert load_experiment(file).evaluation.data == [str(tmp_path / "elsewhere")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "tiny"', 'name = "../tiny"', "name: expected a name of letters, digits, dots"),
        ('name = "tiny"', 'name = "tiny"\nnames = 1', "names: Extra inputs are not permitted, got 1"),
        ("seed = [0]", "seed = []", "matrix.seed: List should have at least 1 item"),
        ("seed = [0]", 'seed = ["0"]', "matrix.seed.0: Input should be a valid integer"),
        ("seed = [0]", "", "matrix.seed: Field required"),
        ("limit = 1", "limit = 0", "calibration.limit: Input should be greater than or equal to 1, got 0"),
        ("limit = 2", "against = false", "evaluation.against: Input should be True, got False"),
        (
            'target = ["int8x16"]',
            'target = ["$NOWHERE_AT_ALL/a.toml"]',
            "environment variable NOWHERE_AT_ALL to be set",
        ),
        ('target = ["int8x16"]', 'target = ["a$.toml"]', "expected $NAME or ${NAME}"),
        ("longest = 10", "longest = 601", "longest: Input should be less than or equal to 600"),
        ("longest = 10", "longest = ", "not TOML"),
        ("values = [4, 8]", "low = 4", "search.space.width: expected either values, or low and high"),
        ("values = [4, 8]", "low = 4, high = 8, values = [1]", "expected either values, or low and high"),
        ("values = [4, 8]", "low = 4, high = 4", "expected low below high, got 4 and 4"),
        ('"wer", "bytes"', '"speed"', "search.objectives.0: Input should be 'wer', 'bytes' or 'milliseconds'"),
    ],
)
def test_what_is_wrong_is_named(tiny_world: TinyWorld, tmp_path: Path, old: str, new: str, message: str) -> None:
    file = write_experiment(tmp_path, tiny_world, trials=3)
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(ExperimentError) as caught:
        load_experiment(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff")
    for name in ("a.toml", "none.toml", "."):
        with pytest.raises(ExperimentError, match="expected an experiment, TOML in UTF-8"):
            load_experiment(tmp_path / name)


def test_the_experiments_that_come_along_can_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNEST_DATA", "data")
    files = [file for file in sorted((root / "experiments").rglob("*.toml")) if "[matrix]" in file.read_text()]
    assert files
    names = [load_experiment(file).name for file in files]
    assert len(set(names)) == len(names)
