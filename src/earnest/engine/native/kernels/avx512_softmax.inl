// Softmax and exponentials of a row, 32 words or 64 bytes at a time.
#pragma once

#include <immintrin.h>

#include "kernels/arithmetic.h"
#include "kernels/avx512_registers.inl"
#include "kernels/avx512_tables.inl"
#include "kernels/kernels.h"
#include "kernels/plain_rows.inl"

namespace earnest {
namespace {

// (e R + 2^30) >> 31 of 32 words.
inline __m512i probabilities(__m512i e, __m512i reciprocal) {
  const __m512i half = _mm512_set1_epi64(int64_t{1} << 30);
  const auto quotient = [&](__m512i words) {
    const __m512i even = _mm512_add_epi64(_mm512_mul_epu32(words, reciprocal), half);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epu32(odd_half(words), reciprocal), half);
    return _mm512_mask_blend_epi32(kOdd, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
  };
  const __m512i low = quotient(_mm512_and_si512(e, _mm512_set1_epi32(0xFFFF)));
  return _mm512_or_si512(low, _mm512_slli_epi32(quotient(_mm512_srli_epi32(e, 16)), 16));
}

// The first 64 words by each index, 0 beyond them.
struct FirstWords {
  __m512i low, high;

  explicit FirstWords(const uint16_t* entries)
      : low(_mm512_loadu_si512(entries)),
        high(_mm512_loadu_si512(entries + 32)) {}

  __m512i operator[](__m512i index) const {
    const __mmask32 there = _mm512_cmplt_epu16_mask(index, _mm512_set1_epi16(64));
    return _mm512_maskz_permutex2var_epi16(there, low, index, high);
  }
};

// Numerators of a row and their sum.
template <class Coarse>
uint64_t numerators(const int16_t* x, int count, const SoftmaxTables& tables, __m512i top, int16_t* out) {
  const Coarse coarse(tables.coarse);
  const Words fine(tables.fine);
  const __m512i ones = _mm512_set1_epi16(1), none = _mm512_setzero_si512();
  __m512i sums = none;
  for (int i = 0; i < count; i += 32) {
    const __mmask32 mask = first_words(count - i);
    const __m512i distance = _mm512_sub_epi16(top, _mm512_maskz_loadu_epi16(mask, x + i));
    const __m512i a = coarse[_mm512_srli_epi16(distance, 8)], b = fine[distance];
    const __m512i low = _mm512_mullo_epi16(a, b), high = _mm512_mulhi_epu16(a, b);
    // (high:low + 2^14) >> 15
    const __m512i e = _mm512_add_epi16(_mm512_slli_epi16(high, 1), _mm512_avg_epu16(_mm512_srli_epi16(low, 14), none));
    sums = _mm512_add_epi32(sums, _mm512_madd_epi16(_mm512_maskz_mov_epi16(mask, e), ones));
    _mm512_mask_storeu_epi16(out + i, mask, e);
  }
  return static_cast<uint32_t>(_mm512_reduce_add_epi32(sums));
}

void softmax512(const void* codes, Type type, int count, const SoftmaxTables& tables, int16_t* out) {
  if (type != Type::i16 || tables.fine_bits != 8 || count > 1 << 17) return softmax(codes, type, count, tables, out);
  const int16_t* x = static_cast<const int16_t*>(codes);
  const __m512i lowest = _mm512_set1_epi16(-32768);
  __m512i top = lowest;
  for (int i = 0; i < count; i += 32)
    top = _mm512_max_epi16(top, _mm512_mask_loadu_epi16(lowest, first_words(count - i), x + i));
  const __m512i wide = _mm512_max_epi32(_mm512_cvtepi16_epi32(_mm512_castsi512_si256(top)),
                                        _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(top, 1)));
  top = _mm512_set1_epi16(static_cast<short>(_mm512_reduce_max_epi32(wide)));
  const uint64_t sum = tables.coarse_count <= 64 ? numerators<FirstWords>(x, count, tables, top, out)
                                                 : numerators<Words>(x, count, tables, top, out);
  const __m512i reciprocal = _mm512_set1_epi64(static_cast<int64_t>((uint64_t{32767} << 31) / sum));
  for (int i = 0; i < count; i += 32) {
    const __mmask32 mask = first_words(count - i);
    _mm512_mask_storeu_epi16(out + i, mask, probabilities(_mm512_maskz_loadu_epi16(mask, out + i), reciprocal));
  }
}

void exponential512(const void* codes, Type type, int count, const uint8_t* entries, uint8_t* out) {
  static const bool bytes = __builtin_cpu_supports("avx512vbmi");
  if (size_of(type) != 1 || !bytes) return exponential(codes, type, count, entries, out);
  const uint8_t* x = static_cast<const uint8_t*>(codes);
  const __m512i sign = _mm512_set1_epi8(type == Type::i8 ? static_cast<char>(0x80) : 0);
  __m512i top = _mm512_setzero_si512();
  for (int i = 0; i < count; i += 64) {
    const __mmask64 mask = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    top = _mm512_mask_max_epu8(top, mask, top, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, x + i), sign));
  }
  alignas(64) uint8_t lanes[64];
  _mm512_store_si512(lanes, top);
  uint8_t highest_code = 0;
  for (uint8_t value : lanes) highest_code = larger(highest_code, value);
  const __m512i highest_codes = _mm512_set1_epi8(static_cast<char>(highest_code));
  for (int i = 0; i < count; i += 64) {
    const __mmask64 mask = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
    const __m512i v = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, x + i), sign);
    _mm512_mask_storeu_epi8(out + i, mask, _mm512_sub_epi8(highest_codes, v));
  }
  table_bytes(out, count, 0, entries, out);
}

}  // namespace
}  // namespace earnest
