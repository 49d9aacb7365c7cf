"""The lines of a training log as events of TensorBoard (extra `tensorboard`)."""

from pathlib import Path
from typing import Any

from earnest.errors import TrainingError


class Events:
    """Writes into a folder; a run that goes on replaces what was written after the step that it went on from."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            message = 'events for TensorBoard need the package tensorboardX: pip install "earnest[tensorboard]"'
            raise TrainingError(message) from error
        self.open = SummaryWriter
        self.folder = folder
        self.writer: Any = None

    def add(self, line: dict[str, Any]) -> None:
        """A line of the log: its numbers; word error rates by the names of the data, and of the program where recipes
        share weights.
        """
        if self.writer is None:
            self.writer = self.open(str(self.folder), purge_step=line["step"])
        scalars = {"/".join(("wer", *_subject(line))): line["wer"]} if "wer" in line else line
        for name, value in scalars.items():
            if name not in ("step", "device"):
                self.writer.add_scalar(name, value, line["step"])
        self.writer.flush()

    def close(self) -> None:
        """Write what is left."""
        if self.writer is not None:
            self.writer.close()


def _subject(line: dict[str, Any]) -> tuple[str, ...]:
    return tuple(line[key] for key in ("result", "data") if key in line)
