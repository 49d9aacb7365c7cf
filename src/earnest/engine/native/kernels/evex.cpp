// The kernels of AVX-VNNI in the encoding of AVX-512VL: a machine that has only the longer encoding tests them so.
#define EARNEST_EVEX
#include "kernels/vnni256.inl"
