"""Changes to settings: a value as TOML writes it at a key, or one clear error."""

from typing import Any

import pytest

from earnest.errors import TrainingError
from earnest.file.settings import changed_


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("steps=7", {"steps": 7, "model": {"width": 8}}),
        ("model.width = 9", {"steps": 1, "model": {"width": 9}}),
        ("model.norm=batch", {"steps": 1, "model": {"width": 8, "norm": "batch"}}),
        ('model.norm="batch"', {"steps": 1, "model": {"width": 8, "norm": "batch"}}),
        ("name=a=b", {"steps": 1, "model": {"width": 8}, "name": "a=b"}),
        ("data.train=['x', \"y\"]", {"steps": 1, "model": {"width": 8}, "data": {"train": ["x", "y"]}}),
        ("name=1\nother=2", {"steps": 1, "model": {"width": 8}, "name": "1\nother=2"}),
        ("name=1\n[model]\nwidth=3", {"steps": 1, "model": {"width": 8}, "name": "1\n[model]\nwidth=3"}),
        ("name=" + "[" * 5000, {"steps": 1, "model": {"width": 8}, "name": "[" * 5000}),
        ("rate=1e-3", {"steps": 1, "model": {"width": 8}, "rate": 1e-3}),
    ],
)
def test_a_value_is_what_toml_says(change: str, expected: dict[str, Any]) -> None:
    content = {"steps": 1, "model": {"width": 8}}
    changed_(content, change, TrainingError)
    assert content == expected


@pytest.mark.parametrize("change", ["steps", "=3", "", "model.=3", ".width=3", "model..width=3"])
def test_what_names_no_key_is_refused(change: str) -> None:
    with pytest.raises(TrainingError, match="expected KEY=VALUE"):
        changed_({"steps": 1}, change, TrainingError)


def test_a_value_is_no_table() -> None:
    with pytest.raises(TrainingError, match="expected steps to be a table, got 1"):
        changed_({"steps": 1}, "steps.more=3", TrainingError)
