"""`docs/cli.md` names every command, every option and every key, and no others."""

import json
import re
from pathlib import Path

import pytest
import typer
from tests.lab.tiny_experiment import write_experiment
from tests.training.tiny_training import write_training

from earnest.cli import main
from earnest.cli.application import app
from synthetic import TinyWorld

SECTION = re.compile(r"^## earnest (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sections(page: str) -> dict[str, str]:
    return dict(SECTION.findall(page))


def cells(section: str, heading: str) -> set[str]:
    """Names in the first column of the tables that open so."""
    found: set[str] = set()
    for table in re.findall(rf"^\| {heading}.*\|\n\|[-:|]+\|\n((?:\|.*\|\n?)+)", section, re.MULTILINE):
        for line in table.splitlines():
            found |= set(re.findall(r"`([^`]+)`", line.split(" | ")[0]))
    return found


def options(command: object) -> set[str]:
    return {
        name
        for parameter in command.params  # type: ignore[attr-defined]
        if parameter.param_type_name == "option"
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_command_and_option_is_documented(page: str, sections: dict[str, str]) -> None:
    group = typer.main.get_command(app)
    assert list(sections) == list(group.commands)  # type: ignore[attr-defined]
    assert cells(page.partition("## ")[0], "option before the command") == options(group)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert cells(sections[name], "option") == options(command) - {"--help", "-h"}, name


def test_every_key_is_documented(
    sections: dict[str, str], tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page").touch()
    (tmp_path / "ledger").touch()
    recording = next(tiny_world.data.rglob("*.flac"))
    way = [tiny_world.model, "--recipe", "w8a8", "--target", "int8x16", "--calibrate", tiny_world.data]
    short = ["--calibration-limit", "1", "--longest", "10", "--report", "-o", tmp_path / "a.earnest"]
    against = ["--against", tiny_world.model, "--data", tiny_world.data, "--limit", "1", "-j", "1"]
    experiment = write_experiment(tmp_path, tiny_world, recipes='["w8a8"]', trials=1)
    placed = [experiment, "--ledger", tmp_path / "rows", "--work", tmp_path / "work", "-j", "1", "--quiet"]
    training = write_training(tmp_path, steps=4)
    lines = [
        ("inspect", "key \\(program\\)", [tiny_world.program, "--operators"]),
        ("inspect", "key \\(float model\\)", [tiny_world.model]),
        ("quantize", "key", [*way, *short]),
        ("audit", "key", [tiny_world.program]),
        ("evaluate", "key", [tiny_world.program, *against]),
        ("transcribe", "key", [tiny_world.program, recording]),
        ("export", "key", [tiny_world.program, "-o", tmp_path / "a.onnx"]),
        ("explain", "key", [*way, "--limit", "1", "--calibration-limit", "1"]),
        ("sensitivity", "key", [*way, "--data", tiny_world.data, "--limit", "1", "--calibration-limit", "1"]),
        ("run", "key", placed),
        ("search", "key", placed),
        ("coverage", "key \\|", ["torch-attention", "--recipe", "w8a8", "--quiet"]),
        ("coverage", "key \\(--speed\\)", ["torch-attention", "--speed", "tiny", "--quiet"]),
        ("tables", "key", [tmp_path / "page", "--ledger", tmp_path / "ledger"]),
        ("report", "key", ["--ledger", tmp_path / "ledger"]),
        ("train", "key", [training, "--work", tmp_path / "training", "--quiet"]),
    ]
    for name, heading, arguments in lines:
        assert main([name, *map(str, arguments), "--json"]) == 0
        assert set(json.loads(capsys.readouterr().out)) == cells(sections[name], heading), name
