// Products of bytes in registers of 256 bits, with the instructions of AVX-VNNI or, with EARNEST_EVEX, of AVX-512VL.
#pragma once

#include <immintrin.h>

#include "kernels/plain.inl"
#include "kernels/unrolled.h"

namespace earnest {
namespace {

template <bool Bytes>
inline __m256i dot(__m256i acc, __m256i a, __m256i b) {
#ifdef EARNEST_EVEX
  return Bytes ? _mm256_dpbusd_epi32(acc, a, b) : _mm256_dpwssd_epi32(acc, a, b);
#else
  return Bytes ? _mm256_dpbusd_avx_epi32(acc, a, b) : _mm256_dpwssd_avx_epi32(acc, a, b);
#endif
}

#include "kernels/tiles256.inl"

}  // namespace

#ifdef EARNEST_EVEX
const Kernels& evex_kernels() {
#else
const Kernels& avxvnni_kernels() {
#endif
  static constexpr Kernels kernels = [] {
    Kernels k = kPlain;
    k.name = "avxvnni";
    k.bytes = true;
    k.product8 = tiled_product<true>;
    k.product16 = tiled_product<false>;
    return k;
  }();
  return kernels;
}

}  // namespace earnest
