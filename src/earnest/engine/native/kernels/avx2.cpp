// AVX2: products of 16-bit pairs. Its product of bytes saturates, and is never used.
#include <immintrin.h>

#include "kernels/plain.inl"
#include "kernels/unrolled.h"

namespace earnest {
namespace {

template <bool Bytes>
inline __m256i dot(__m256i acc, __m256i a, __m256i b) {
  static_assert(!Bytes, "vpmaddubsw saturates");
  return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
}

#include "kernels/tiles256.inl"

}  // namespace

const Kernels& avx2_kernels() {
  static constexpr Kernels kernels = [] {
    Kernels k = kPlain;
    k.name = "avx2";
    k.product16 = tiled_product<false>;
    return k;
  }();
  return kernels;
}

}  // namespace earnest
