"""The native backend: kernels in C++, equal to the law bit for bit. docs/engine.md says how it works."""

from earnest.engine.backend import NativeBackend

__all__ = ["NativeBackend"]
