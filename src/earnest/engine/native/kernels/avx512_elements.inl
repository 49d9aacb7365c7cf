// Sums, products and gates of codes, 16 or 32 at a time.
#pragma once

#include <immintrin.h>

#include "kernels/arithmetic.h"
#include "kernels/avx512_registers.inl"
#include "kernels/avx512_tables.inl"
#include "kernels/kernels.h"
#include "kernels/plain_elements.inl"

namespace earnest {
namespace {

void scale512(const int32_t* acc, int count, int32_t offset, const Scale& s, void* out) {
  if (s.wide) return scale(acc, count, offset, s, out);
  const Uniform finish(s.multiplier, s.shift, s.zero_point, s.low, s.high);
  const __m512i more = _mm512_set1_epi32(offset);
  char* to = static_cast<char*>(out);
  const int size = size_of(s.type);
  for (int i = 0; i < count; i += kGroup) {
    const __mmask16 mask = first(smaller(kGroup, count - i));
    const __m512i sums = _mm512_add_epi32(_mm512_maskz_loadu_epi32(mask, acc + i), more);
    store(to + i * size, finish(sums), s.type, mask);
  }
}

template <class A, class B>
void add_pair(const A* a, const B* b, bool b_one, const Term* terms, int count, const Sum& s, char* out) {
  const Uniform finish(0, s.shift, s.zero_point, s.low, s.high);
  const __m512i ma = _mm512_set1_epi64(terms[0].multiplier), mb = _mm512_set1_epi64(terms[1].multiplier);
  const __m512i rest = _mm512_set1_epi64((int64_t{1} << (s.shift - 1)) - terms[0].zero_point * terms[0].multiplier -
                                         terms[1].zero_point * terms[1].multiplier);
  const __m512i one = _mm512_set1_epi32(b_one ? static_cast<int32_t>(*b) : 0);
  const int size = size_of(s.type);
  for (int i = 0; i < count; i += kGroup) {
    const __mmask16 mask = first(smaller(kGroup, count - i));
    const __m512i x = load(a + i, mask), y = b_one ? one : load(b + i, mask);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, ma), _mm512_mul_epi32(y, mb));
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(odd_half(x), ma), _mm512_mul_epi32(odd_half(y), mb));
    store(out + i * size, finish.finish(_mm512_add_epi64(even, rest), _mm512_add_epi64(odd, rest)), s.type, mask);
  }
}

void add512(const Term* terms, int number, int count, const Sum& s, void* out) {
  if (number != 2 || s.wide || terms[0].broadcast) return add(terms, number, count, s, out);
  const auto run = [&](auto* left) {
    const auto* x = static_cast<decltype(left)>(const_cast<void*>(terms[0].codes));
    const void* y = terms[1].codes;
    char* to = static_cast<char*>(out);
    switch (terms[1].type) {
      case Type::i8: return add_pair(x, static_cast<const int8_t*>(y), terms[1].broadcast, terms, count, s, to);
      case Type::i16: return add_pair(x, static_cast<const int16_t*>(y), terms[1].broadcast, terms, count, s, to);
      case Type::i32: return add_pair(x, static_cast<const int32_t*>(y), terms[1].broadcast, terms, count, s, to);
      default: return add(terms, number, count, s, out);
    }
  };
  switch (terms[0].type) {
    case Type::i8: return run(static_cast<int8_t*>(nullptr));
    case Type::i16: return run(static_cast<int16_t*>(nullptr));
    case Type::i32: return run(static_cast<int32_t*>(nullptr));
    default: return add(terms, number, count, s, out);
  }
}

void multiply512(const void* left, Type left_type, int32_t left_zero, const void* right, Type right_type,
                 int32_t right_zero, int count, const Scale& s, void* out) {
  if (s.wide || left_type != Type::i8 || right_type != Type::i8)
    return multiply(left, left_type, left_zero, right, right_type, right_zero, count, s, out);
  const Uniform finish(s.multiplier, s.shift, s.zero_point, s.low, s.high);
  const __m512i za = _mm512_set1_epi32(left_zero), zb = _mm512_set1_epi32(right_zero);
  char* to = static_cast<char*>(out);
  const int size = size_of(s.type);
  for (int i = 0; i < count; i += kGroup) {
    const __mmask16 mask = first(smaller(kGroup, count - i));
    const __m512i a = _mm512_sub_epi32(load(static_cast<const int8_t*>(left) + i, mask), za);
    const __m512i b = _mm512_sub_epi32(load(static_cast<const int8_t*>(right) + i, mask), zb);
    store(to + i * size, finish(_mm512_mullo_epi32(a, b)), s.type, mask);
  }
}

void gate512(const uint8_t* linear, Type type, int32_t zero, const uint8_t* codes, uint8_t flip, const int16_t* entries,
             int count, const Scale& s, void* out) {
  if (s.wide) return gate(linear, type, zero, codes, flip, entries, count, s, out);
  const Uniform finish(s.multiplier, s.shift, s.zero_point, s.low, s.high);
  const Words words(reinterpret_cast<const uint16_t*>(entries));
  const __m512i z = _mm512_set1_epi16(static_cast<short>(zero)), sign = _mm512_set1_epi16(flip);
  const bool is_signed = type == Type::i8;
  char* to = static_cast<char*>(out);
  const int size = size_of(s.type);
  for (int i = 0; i < count; i += 32) {
    const int part = smaller(32, count - i);
    const __mmask32 mask = first_words(part);
    const __m256i a = _mm256_maskz_loadu_epi8(mask, linear + i);
    const __m512i x = _mm512_sub_epi16(is_signed ? _mm512_cvtepi8_epi16(a) : _mm512_cvtepu8_epi16(a), z);
    const __m512i b = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, codes + i));
    const __m512i factors = words[_mm512_xor_si512(b, sign)];
    const auto half = [&](__m256i p, __m256i q, int at, int left) {
      if (left <= 0) return;
      const __m512i product = _mm512_mullo_epi32(_mm512_cvtepi16_epi32(p), _mm512_cvtepi16_epi32(q));
      store(to + (i + at) * size, finish(product), s.type, first(smaller(left, kGroup)));
    };
    half(_mm512_castsi512_si256(x), _mm512_castsi512_si256(factors), 0, part);
    half(_mm512_extracti64x4_epi64(x, 1), _mm512_extracti64x4_epi64(factors, 1), kGroup, part - kGroup);
  }
}

}  // namespace
}  // namespace earnest
