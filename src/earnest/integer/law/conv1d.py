"""Convolution over time (E11)."""

from dataclasses import dataclass
from typing import ClassVar, final

from earnest.integer.law.convolution import Convolution


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Convolution1d(Convolution):
    """E11 over time."""

    kind: ClassVar[str] = "conv1d"
    rank: ClassVar[int] = 1
