// Tables of bytes and words in registers.
#pragma once

#include <immintrin.h>

#include "kernels/arithmetic.h"
#include "kernels/avx512_registers.inl"
#include "kernels/kernels.h"
#include "kernels/plain_elements.inl"
#include "kernels/unrolled.h"

namespace earnest {
namespace {

__attribute__((target("avx512vbmi"))) void table_bytes(const uint8_t* codes, int count, uint8_t flip,
                                                       const uint8_t* entries, uint8_t* out) {
  const __m512i a = _mm512_loadu_si512(entries), b = _mm512_loadu_si512(entries + 64);
  const __m512i c = _mm512_loadu_si512(entries + 128), d = _mm512_loadu_si512(entries + 192);
  const __m512i sign = _mm512_set1_epi8(static_cast<char>(flip));
  for (int i = 0; i < count; i += 64) {
    const __mmask64 mask = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    const __m512i x = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, codes + i), sign);
    const __m512i low = _mm512_permutex2var_epi8(a, x, b), high = _mm512_permutex2var_epi8(c, x, d);
    _mm512_mask_storeu_epi8(out + i, mask, _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high));
  }
}

void table512(const uint8_t* codes, int count, uint8_t flip, const void* entries, Type type, void* out) {
  static const bool bytes = __builtin_cpu_supports("avx512vbmi");
  if (size_of(type) == 1 && bytes)
    table_bytes(codes, count, flip, static_cast<const uint8_t*>(entries), static_cast<uint8_t*>(out));
  else table(codes, count, flip, entries, type, out);
}

// 256 words by the low eight bits of each index.
struct Words {
  __m512i parts[8];

  explicit Words(const uint16_t* entries) {
    unrolled<8>(EARNEST_EACH(i) { parts[i] = _mm512_loadu_si512(entries + 32 * i); });
  }

  __m512i operator[](__m512i index) const {
    const __mmask32 second = _mm512_test_epi16_mask(index, _mm512_set1_epi16(64));
    const __mmask32 upper = _mm512_test_epi16_mask(index, _mm512_set1_epi16(128));
    const __m512i low = _mm512_mask_blend_epi16(second, _mm512_permutex2var_epi16(parts[0], index, parts[1]),
                                                _mm512_permutex2var_epi16(parts[2], index, parts[3]));
    const __m512i high = _mm512_mask_blend_epi16(second, _mm512_permutex2var_epi16(parts[4], index, parts[5]),
                                                 _mm512_permutex2var_epi16(parts[6], index, parts[7]));
    return _mm512_mask_blend_epi16(upper, low, high);
  }
};

inline __mmask32 first_words(int count) { return count >= 32 ? ~__mmask32{0} : (__mmask32{1} << count) - 1; }

}  // namespace
}  // namespace earnest
