// Norms of eight rows at a time.
#pragma once

#include <immintrin.h>

#include "kernels/arithmetic.h"
#include "kernels/avx512_registers.inl"
#include "kernels/avx512_tables.inl"
#include "kernels/kernels.h"
#include "kernels/plain_rows.inl"

namespace earnest {
namespace {

// r and k of eight variances (E21).
inline void inverse_roots(__m512i variance, __m512i& root, __m512i& shift) {
  const __m512i digits = _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_lzcnt_epi64(variance));
  const __m512i k =
      _mm512_sub_epi64(_mm512_srli_epi64(_mm512_add_epi64(digits, _mm512_set1_epi64(1)), 1), _mm512_set1_epi64(16));
  const __m512i twice = _mm512_slli_epi64(k, 1), none = _mm512_setzero_si512();
  const __m512i right = _mm512_max_epi64(twice, none), left = _mm512_max_epi64(_mm512_sub_epi64(none, twice), none);
  const __m512i v = _mm512_sllv_epi64(_mm512_srlv_epi64(variance, right), left);
  const __m512i limit = _mm512_set1_epi64(int64_t{1} << 62);
  __m512i r = none;
  for (int bit = 15; bit >= 0; --bit) {
    const __m512i candidate = _mm512_or_si512(r, _mm512_set1_epi64(int64_t{1} << bit));
    const __m512i square = _mm512_mul_epu32(_mm512_mul_epu32(candidate, candidate), v);
    r = _mm512_mask_mov_epi64(r, _mm512_cmple_epu64_mask(square, limit), candidate);
  }
  const __mmask8 top = _mm512_cmpeq_epi64_mask(v, _mm512_set1_epi64(int64_t{1} << 30));
  root = _mm512_mask_mov_epi64(r, top, _mm512_set1_epi64(1 << 16));
  shift = _mm512_add_epi64(k, _mm512_set1_epi64(16));
}

inline __m512i load_words(const int16_t* from, __mmask32 mask) { return _mm512_maskz_loadu_epi16(mask, from); }
inline __m512i load_words(const int8_t* from, __mmask32 mask) {
  return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, from));
}

template <class X>
void normalise_rows(const char* codes, ptrdiff_t stride, int rows, int count, const Norm& norm, char* out,
                    ptrdiff_t out_stride) {
  alignas(64) int64_t variances[8], roots[8], shifts[8];
  int64_t centres[8];  // N times what each code loses: S of E21, N z of E28
  for (int r = 0; r < 8; ++r) centres[r] = 0, variances[r] = 1;
  const __m512i ones = _mm512_set1_epi16(1), low_half = _mm512_set1_epi64(0xFFFFFFFF);
  for (int r = 0; r < rows; ++r) {
    const X* x = reinterpret_cast<const X*>(codes + r * stride);
    __m512i sum = _mm512_setzero_si512(), even = sum, odd = sum;
    for (int c = 0; c < count; c += 32) {
      // Two squares of words together fill 32 bits, unsigned.
      const __m512i v = load_words(x + c, first_words(count - c)), squares = _mm512_madd_epi16(v, v);
      sum = _mm512_add_epi32(sum, _mm512_madd_epi16(v, ones));
      even = _mm512_add_epi64(even, _mm512_and_si512(squares, low_half));
      odd = _mm512_add_epi64(odd, odd_half(squares));
    }
    const int64_t total = _mm512_reduce_add_epi32(sum),
                  centre = norm.centred ? total : int64_t{count} * norm.input_zero_point;
    centres[r] = centre;
    variances[r] =
        count * _mm512_reduce_add_epi64(_mm512_add_epi64(even, odd)) - centre * (2 * total - centre) + norm.epsilon;
  }
  __m512i root, shift;
  inverse_roots(_mm512_load_si512(variances), root, shift);
  _mm512_store_si512(roots, root);
  _mm512_store_si512(shifts, shift);
  const __m512i number = _mm512_set1_epi32(count), zero = _mm512_set1_epi32(norm.zero_point);
  const __m512i low = _mm512_set1_epi32(norm.low), high = _mm512_set1_epi32(norm.high);
  const int size = size_of(norm.type);
  for (int c = 0; c < count; c += kGroup) {
    const __mmask16 mask = first(smaller(kGroup, count - c));
    const __m512i m = _mm512_maskz_loadu_epi32(mask, norm.multiplier + c), m_odd = odd_half(m);
    const __m128i s = _mm_loadu_si128(reinterpret_cast<const __m128i*>(norm.shift + c));
    const __m512i s_even = _mm512_cvtepu8_epi64(s), s_odd = _mm512_cvtepu8_epi64(_mm_srli_si128(s, 8));
    const __m512i b_even = _mm512_loadu_si512(norm.bias + c), b_odd = _mm512_loadu_si512(norm.bias + c + 8);
    for (int r = 0; r < rows; ++r) {
      const __m512i v = load(reinterpret_cast<const X*>(codes + r * stride) + c, mask);
      const __m512i d =
          _mm512_sub_epi32(_mm512_mullo_epi32(v, number), _mm512_set1_epi32(static_cast<int32_t>(centres[r])));
      const __m512i by = _mm512_set1_epi64(roots[r]), half = _mm512_set1_epi64(int64_t{1} << (shifts[r] - 1));
      const __m128i down = _mm_cvtsi64_si128(shifts[r]);
      const __m512i n_even = _mm512_sra_epi64(_mm512_add_epi64(_mm512_mul_epi32(d, by), half), down);
      const __m512i n_odd = _mm512_sra_epi64(_mm512_add_epi64(_mm512_mul_epi32(odd_half(d), by), half), down);
      const __m512i even = _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(n_even, m), b_even), s_even);
      const __m512i odd = _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(n_odd, m_odd), b_odd), s_odd);
      const __m512i y = _mm512_add_epi32(merge(even, odd), zero);
      store(out + r * out_stride + c * size, _mm512_min_epi32(_mm512_max_epi32(y, low), high), norm.type, mask);
    }
  }
}

void normalise512(const void* codes, Type type, ptrdiff_t stride, int rows, int count, const Norm& norm, void* out,
                  ptrdiff_t out_stride) {
  if (norm.wide || (type != Type::i8 && type != Type::i16))
    return normalise(codes, type, stride, rows, count, norm, out, out_stride);
  for (int row = 0; row < rows; row += 8) {
    const char* from = static_cast<const char*>(codes) + row * stride;
    char* to = static_cast<char*>(out) + row * out_stride;
    const int part = smaller(8, rows - row);
    if (type == Type::i8) normalise_rows<int8_t>(from, stride, part, count, norm, to, out_stride);
    else normalise_rows<int16_t>(from, stride, part, count, norm, to, out_stride);
  }
}

}  // namespace
}  // namespace earnest
