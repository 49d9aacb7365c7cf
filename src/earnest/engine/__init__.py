"""The native backend: kernels in C++, equal to the law bit for bit. docs/engine.md says how it works."""

from earnest.engine import measure
from earnest.engine.backend import NativeBackend, available_isas

__all__ = ["NativeBackend", "available_isas", "measure"]
