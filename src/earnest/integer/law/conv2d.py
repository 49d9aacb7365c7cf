"""Convolution over time and frequency (E11)."""

from dataclasses import dataclass
from typing import ClassVar, final

from earnest.integer.law.convolution import Convolution


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Convolution2d(Convolution):
    """E11 over time and frequency."""

    kind: ClassVar[str] = "conv2d"
    rank: ClassVar[int] = 2
