"""The front ends that a program file may declare, by name."""

from collections.abc import Mapping

from earnest.errors import FileError
from earnest.runtime import front_end, waveform
from earnest.runtime.front_end import LogMel, shown
from earnest.runtime.waveform import Waveform

FrontEnd = LogMel | Waveform

FRONT_ENDS: dict[str, type[LogMel] | type[Waveform]] = {front_end.NAME: LogMel, waveform.NAME: Waveform}


def front_end_of(section: Mapping[str, object]) -> FrontEnd:
    """The front end of a file's section; FileError where it is not known, or not as it must be."""
    if not isinstance(section, Mapping):
        raise FileError(f"front end: expected an object of parameters, got {type(section).__name__}")
    found = FRONT_ENDS.get(str(section.get("name")))
    if found is None:
        raise FileError(f"front end: expected one of {sorted(FRONT_ENDS)}, got {shown(section.get('name'))}")
    return found.from_dict(section)
