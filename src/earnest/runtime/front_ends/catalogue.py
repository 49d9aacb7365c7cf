"""The front ends that a program file may declare, by name."""

from collections.abc import Mapping

from earnest.errors import FileError
from earnest.runtime.front_ends.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.front_ends.kaldi_fbank import KaldiFbank
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.runtime.front_ends.parameters import shown
from earnest.runtime.front_ends.waveform import Waveform

FRONT_ENDS: dict[str, type[FrontEnd]] = {kind.name: kind for kind in (ClampedLogMel, KaldiFbank, LogMel, Waveform)}


def front_end_of(section: Mapping[str, object]) -> FrontEnd:
    """The front end of a file's section; FileError where it is not known, or not as it must be."""
    if not isinstance(section, Mapping):
        raise FileError(f"front end: expected an object of parameters, got {type(section).__name__}")
    found = FRONT_ENDS.get(str(section.get("name")))
    if found is None:
        raise FileError(f"front end: expected one of {sorted(FRONT_ENDS)}, got {shown(section.get('name'))}")
    return found.from_dict(section)
