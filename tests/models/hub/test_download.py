"""A model that is named on the hub is downloaded when it is asked for, without pickles, and read as a folder is."""

from pathlib import Path
from typing import Any

import pytest

from earnest.cli import main
from earnest.errors import CheckpointError
from earnest.models import load
from earnest.models.hub import download
from synthetic import TinyWorld

huggingface_hub: Any = pytest.importorskip("huggingface_hub")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tiny_world: TinyWorld) -> list[tuple[str, str | None, list[str]]]:
    """What was asked of the hub, which has the tiny model under every name."""
    found: list[tuple[str, str | None, list[str]]] = []

    def download(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        found.append((name, revision, allow_patterns))
        return str(tiny_world.model)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    return found


@pytest.mark.parametrize(
    ("named", "name", "revision"),
    [
        ("hub:facebook/wav2vec2-base", "facebook/wav2vec2-base", None),
        ("hub:a_b/c.d-e@refs/pr/1", "a_b/c.d-e", "refs/pr/1"),
    ],
)
def test_what_is_fetched(asked: list[Any], tiny_world: TinyWorld, named: str, name: str, revision: str | None) -> None:
    assert load(named).source == load(tiny_world.model).source
    ((got, at, files),) = asked
    assert (got, at) == (name, revision)
    assert "model.safetensors" in files
    assert all(file.endswith((".json", ".safetensors")) for file in files), "nothing that could hold a pickle"


def test_a_command_takes_a_name(
    asked: list[Any], tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["quantize", "hub:somebody/tiny", "--recipe", "w8a8", "--target", "int8x16", "--calibrate", tiny_world.data]
    assert main([*map(str, line), "-o", str(tmp_path / "x.earnest"), "--quiet"]) == 0
    assert "tiny-w8a8 (recipe w8a8" in capsys.readouterr().out
    assert len(asked) == 1


@pytest.mark.parametrize("named", ["hub:", "hub:name", "hub:a/b/c", "hub:a/b@", "hub:../x", "hub:a/b c"])
def test_what_is_no_name_asks_nobody(asked: list[Any], named: str) -> None:
    with pytest.raises(CheckpointError, match="expected hub:OWNER/NAME"):
        load(named)
    assert not asked


def test_paths_ask_nobody(asked: list[Any], tiny_world: TinyWorld) -> None:
    load(tiny_world.model)
    assert not asked


@pytest.mark.parametrize("error", [OSError("no route\nto host"), ValueError("no such revision"), OSError()])
def test_what_cannot_be_downloaded_is_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refused)
    with pytest.raises(CheckpointError, match=r"^hub:a/b: cannot be downloaded: [^\n]+$"):
        load("hub:a/b")


def test_without_a_network_the_library_itself_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real library, offline, with an empty cache."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(CheckpointError, match="cannot be downloaded"):
        download.local(Path("hub:nobody/nothing-of-that-name"))
