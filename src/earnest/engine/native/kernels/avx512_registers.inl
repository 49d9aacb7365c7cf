// Registers of 512 bits: 16 codes loaded and stored, and E3 of 16 sums.
#pragma once

#include <immintrin.h>

#include <type_traits>

#include "kernels/arithmetic.h"
#include "kernels/kernels.h"

namespace earnest {
namespace {

constexpr __mmask16 kOdd = 0xAAAA;

inline __mmask16 first(int count) { return static_cast<__mmask16>((1U << count) - 1); }

// The low halves of eight 64-bit results for the even columns, and of eight for the odd ones, in their places.
inline __m512i merge(__m512i even, __m512i odd) {
  return _mm512_mask_blend_epi32(kOdd, even, _mm512_slli_epi64(odd, 32));
}

inline __m512i odd_half(__m512i values) { return _mm512_srli_epi64(values, 32); }

inline void store(char* to, __m512i codes, Type type) {
  switch (size_of(type)) {
    case 1: _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(codes)); break;
    case 2: _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(codes)); break;
    default: _mm512_storeu_si512(to, codes);
  }
}

inline void store(char* to, __m512i codes, Type type, __mmask16 mask) {
  if (mask == 0xFFFF) return store(to, codes, type);
  switch (size_of(type)) {
    case 1: _mm_mask_storeu_epi8(to, mask, _mm512_cvtepi32_epi8(codes)); break;
    case 2: _mm256_mask_storeu_epi16(to, mask, _mm512_cvtepi32_epi16(codes)); break;
    default: _mm512_mask_storeu_epi32(to, mask, codes);
  }
}

template <class T>
inline __m512i load(const T* from, __mmask16 mask) {
  if constexpr (sizeof(T) == 1) {
    const __m128i codes = _mm_maskz_loadu_epi8(mask, from);
    return std::is_signed_v<T> ? _mm512_cvtepi8_epi32(codes) : _mm512_cvtepu8_epi32(codes);
  } else if constexpr (sizeof(T) == 2) {
    const __m256i codes = _mm256_maskz_loadu_epi16(mask, from);
    return std::is_signed_v<T> ? _mm512_cvtepi16_epi32(codes) : _mm512_cvtepu16_epi32(codes);
  } else {
    return _mm512_maskz_loadu_epi32(mask, from);
  }
}

// The same for results that fill their container: the conversion saturates.
inline void store_saturated(char* to, __m512i codes, Type type, __mmask16 mask) {
  if (type == Type::i8) {
    const __m128i bytes = _mm512_cvtsepi32_epi8(codes);
    if (mask == 0xFFFF) _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    else _mm_mask_storeu_epi8(to, mask, bytes);
  } else {
    const __m256i words = _mm512_cvtsepi32_epi16(codes);
    if (mask == 0xFFFF) _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), words);
    else _mm256_mask_storeu_epi16(to, mask, words);
  }
}

inline bool saturates(const Requantize& to) {
  return !to.wide && ((to.type == Type::i8 && to.low == INT8_MIN && to.high == INT8_MAX) ||
                      (to.type == Type::i16 && to.low == INT16_MIN && to.high == INT16_MAX));
}

// E3 for 16 columns. With `Saturating` the zero point is in the rounding term, and the clamp is left to the store.
template <bool Saturating>
struct Columns {
  __m512i even, odd, even_shift, odd_shift, even_term, odd_term;

  Columns(const Requantize& to, int group) {
    const __m512i m =
        _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(to.multiplier + group * kGroup)));
    const __m128i s = _mm_loadu_si128(reinterpret_cast<const __m128i*>(to.shift + group * kGroup));
    even = m;
    odd = odd_half(m);
    even_shift = _mm512_cvtepu8_epi64(s);
    odd_shift = _mm512_cvtepu8_epi64(_mm_srli_si128(s, 8));
    const __m512i one = _mm512_set1_epi64(1), zero = _mm512_set1_epi64(Saturating ? to.zero_point : 0);
    const auto term = [&](__m512i shift) {
      const __m512i half = _mm512_srli_epi64(_mm512_sllv_epi64(one, shift), 1);
      return Saturating ? _mm512_add_epi64(half, _mm512_sllv_epi64(zero, shift)) : half;
    };
    even_term = term(even_shift);
    odd_term = term(odd_shift);
  }

  __m512i operator()(__m512i acc, const Requantize& to) const {
    __m512i a = _mm512_add_epi64(_mm512_mul_epi32(acc, even), even_term);
    __m512i b = _mm512_add_epi64(_mm512_mul_epi32(odd_half(acc), odd), odd_term);
    a = _mm512_srav_epi64(a, even_shift);
    b = _mm512_srav_epi64(b, odd_shift);
    if constexpr (Saturating) return merge(a, b);
    if (to.wide) {
      const __m512i low = _mm512_set1_epi64(int64_t{to.low} - to.zero_point);
      const __m512i high = _mm512_set1_epi64(int64_t{to.high} - to.zero_point);
      a = _mm512_min_epi64(_mm512_max_epi64(a, low), high);
      b = _mm512_min_epi64(_mm512_max_epi64(b, low), high);
    }
    __m512i y = _mm512_add_epi32(merge(a, b), _mm512_set1_epi32(to.zero_point));
    return _mm512_min_epi32(_mm512_max_epi32(y, _mm512_set1_epi32(to.low)), _mm512_set1_epi32(to.high));
  }

  void store_codes(char* out, __m512i acc, const Requantize& to, __mmask16 mask) const {
    if constexpr (Saturating) store_saturated(out, (*this)(acc, to), to.type, mask);
    else store(out, (*this)(acc, to), to.type, mask);
  }
};

// E3 with one multiplier, for sums whose shifted product fits 32 bits.
struct Uniform {
  __m512i multiplier, half, zero, low, high;
  __m128i shift;

  Uniform(int64_t m, int s, int32_t z, int32_t lowest, int32_t highest)
      : multiplier(_mm512_set1_epi64(m)),
        half(_mm512_set1_epi64(int64_t{1} << (s - 1))),
        zero(_mm512_set1_epi32(z)),
        low(_mm512_set1_epi32(lowest)),
        high(_mm512_set1_epi32(highest)),
        shift(_mm_cvtsi32_si128(s)) {}

  __m512i finish(__m512i even, __m512i odd) const {
    const __m512i y = _mm512_add_epi32(merge(_mm512_sra_epi64(even, shift), _mm512_sra_epi64(odd, shift)), zero);
    return _mm512_min_epi32(_mm512_max_epi32(y, low), high);
  }

  __m512i operator()(__m512i acc) const {
    return finish(_mm512_add_epi64(_mm512_mul_epi32(acc, multiplier), half),
                  _mm512_add_epi64(_mm512_mul_epi32(odd_half(acc), multiplier), half));
  }
};

}  // namespace
}  // namespace earnest
