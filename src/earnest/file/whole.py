"""A file written whole or not at all: what was there stays until the new bytes are on the disk."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """OSError, or ValueError for a path that cannot be one, where it cannot be written."""
    part = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        with suppress(OSError, ValueError):
            part.unlink()
