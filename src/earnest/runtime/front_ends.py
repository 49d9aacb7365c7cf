"""The front ends that a program file may declare, by name."""

from collections.abc import Mapping

from earnest.errors import FileError
from earnest.runtime import clamped_log_mel, front_end, kaldi_fbank, waveform
from earnest.runtime.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_end import LogMel
from earnest.runtime.kaldi_fbank import KaldiFbank
from earnest.runtime.parameters import shown
from earnest.runtime.waveform import Waveform

FrontEnd = LogMel | ClampedLogMel | KaldiFbank | Waveform

FRONT_ENDS: dict[str, type[LogMel] | type[ClampedLogMel] | type[KaldiFbank] | type[Waveform]] = {
    front_end.NAME: LogMel,
    clamped_log_mel.NAME: ClampedLogMel,
    kaldi_fbank.NAME: KaldiFbank,
    waveform.NAME: Waveform,
}


def front_end_of(section: Mapping[str, object]) -> FrontEnd:
    """The front end of a file's section; FileError where it is not known, or not as it must be."""
    if not isinstance(section, Mapping):
        raise FileError(f"front end: expected an object of parameters, got {type(section).__name__}")
    found = FRONT_ENDS.get(str(section.get("name")))
    if found is None:
        raise FileError(f"front end: expected one of {sorted(FRONT_ENDS)}, got {shown(section.get('name'))}")
    return found.from_dict(section)
