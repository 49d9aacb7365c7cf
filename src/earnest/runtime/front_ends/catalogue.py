"""The front ends that a program file may declare, by name."""

from collections.abc import Mapping
from typing import Any, cast

from earnest.errors import FileError
from earnest.runtime.front_ends.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.front_ends.kaldi_fbank import KaldiFbank
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.runtime.front_ends.parameters import shown
from earnest.runtime.front_ends.waveform import Waveform

FRONT_ENDS: dict[str, type[FrontEnd]] = {kind.name: kind for kind in (ClampedLogMel, KaldiFbank, LogMel, Waveform)}


def front_end_of(section: Any) -> FrontEnd:
    """The front end of a file's section; FileError where it is not known, or not as it must be."""
    if not isinstance(section, Mapping):
        raise FileError(f"front end: expected an object of parameters, got {type(section).__name__}")
    name = cast("Mapping[str, Any]", section).get("name")
    found = FRONT_ENDS.get(str(name))
    if found is None:
        raise FileError(f"front end: expected one of {sorted(FRONT_ENDS)}, got {shown(name)}")
    return found.from_dict(cast("Mapping[str, Any]", section))
