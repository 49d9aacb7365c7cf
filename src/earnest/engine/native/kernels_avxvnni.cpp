// AVX-VNNI: products of bytes in registers of 256 bits. With EARNEST_EVEX the same source is built for AVX-512VL, so that
// a machine which has only the longer encoding can test it.
#include <immintrin.h>

#include "kernels.inl"

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

#include "tiles256.inl"

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
