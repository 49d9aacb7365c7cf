"""The native backend: kernels in C++, equal to the law bit for bit."""
