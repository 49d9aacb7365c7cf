"""What a float model is called in programs, ledgers and reports."""

from pathlib import Path


def model_name(path: Path) -> str:
    """What a float model is called: its folder, the run's where that is the `model` of a training run, or its file
    without the ending.
    """
    path = path.resolve()
    if path.is_file() and path.name != "model.safetensors":
        return path.stem
    folder = path.parent if path.is_file() else path
    return folder.parent.name if folder.name == "model" and (folder.parent / "log.jsonl").exists() else folder.name
