// AVX-VNNI.
#include "kernels/vnni256.inl"
