// AVX-512 with VNNI: 64 products of bytes, or 32 of words, in one instruction.
#include <immintrin.h>

#include "kernels.inl"

namespace earnest {
namespace {

constexpr __mmask16 kOdd = 0xAAAA;

inline __mmask16 first(int count) { return static_cast<__mmask16>((1u << count) - 1); }

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
    const __m512i m = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(to.multiplier + group * kGroup)));
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
      : multiplier(_mm512_set1_epi64(m)), half(_mm512_set1_epi64(int64_t{1} << (s - 1))), zero(_mm512_set1_epi32(z)),
        low(_mm512_set1_epi32(lowest)), high(_mm512_set1_epi32(highest)), shift(_mm_cvtsi32_si128(s)) {}

  __m512i finish(__m512i even, __m512i odd) const {
    const __m512i y = _mm512_add_epi32(merge(_mm512_sra_epi64(even, shift), _mm512_sra_epi64(odd, shift)), zero);
    return _mm512_min_epi32(_mm512_max_epi32(y, low), high);
  }

  __m512i operator()(__m512i acc) const {
    return finish(_mm512_add_epi64(_mm512_mul_epi32(acc, multiplier), half),
                  _mm512_add_epi64(_mm512_mul_epi32(odd_half(acc), multiplier), half));
  }
};

template <bool Bytes>
inline __m512i dot(__m512i acc, __m512i a, __m512i b) {
  return Bytes ? _mm512_dpbusd_epi32(acc, a, b) : _mm512_dpwssd_epi32(acc, a, b);
}

template <bool Saturating, int MR, int NR>
[[gnu::always_inline]] inline void finish_tile(const Product& p, int row, int group, const __m512i (&acc)[MR][NR]) {
  char* out = static_cast<char*>(p.out) + row * p.out_stride;
  unrolled<NR>(EARNEST_EACH(n) {
    const int column = (group + n) * kGroup, size = size_of(p.requantize->type);
    const __mmask16 mask = first(smaller(kGroup, p.columns - column));
    const Columns<Saturating> finish(*p.requantize, group + n);
    unrolled<MR>(EARNEST_EACH(r) { finish.store_codes(out + r * p.out_stride + column * size, acc[r][n], *p.requantize, mask); });
  });
}

template <int MR, int NR>
[[gnu::always_inline]] inline void add_tile(const Product& p, int row, int group, const __m512i (&acc)[MR][NR]) {
  const Addition& to = *p.addition;
  const __m512i own = _mm512_set1_epi64(to.own), other = _mm512_set1_epi64(to.other), rest = _mm512_set1_epi64(to.rest);
  const Uniform finish(0, to.shift, to.zero_point, to.low, to.high);
  const int size = size_of(to.type);
  unrolled<NR>(EARNEST_EACH(n) {
    const int column = (group + n) * kGroup;
    const __mmask16 mask = first(smaller(kGroup, p.columns - column));
    unrolled<MR>(EARNEST_EACH(r) {
      const char* codes = reinterpret_cast<const char*>(to.codes) + (row + r) * to.stride + column * 4;
      const __m512i y = _mm512_maskz_loadu_epi32(mask, codes);
      const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(acc[r][n], own), _mm512_mul_epi32(y, other));
      const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(odd_half(acc[r][n]), own), _mm512_mul_epi32(odd_half(y), other));
      store(static_cast<char*>(p.out) + (row + r) * p.out_stride + column * size,
            finish.finish(_mm512_add_epi64(even, rest), _mm512_add_epi64(odd, rest)), to.type, mask);
    });
  });
}

template <bool Bytes, int MR, int NR>
void tile(const Product& p, int row, int group) {
  __m512i acc[MR][NR];
  unrolled<NR>(EARNEST_EACH(n) {
    const __m512i init = _mm512_loadu_si512(p.init + (group + n) * kGroup);
    unrolled<MR>(EARNEST_EACH(r) { acc[r][n] = init; });
  });
  const char* a = static_cast<const char*>(p.a) + row * p.a_stride;
  const char* b = static_cast<const char*>(p.b) + group * p.b_stride;
  const ptrdiff_t a_stride = p.a_stride, b_stride = p.b_stride;
  for (int k = 0; k < p.depth; ++k, a += 4, b += kGroupBytes) {
    __m512i columns[NR];
    unrolled<NR>(EARNEST_EACH(n) { columns[n] = _mm512_loadu_si512(b + n * b_stride); });
    unrolled<MR>(EARNEST_EACH(r) {
      int32_t codes;
      __builtin_memcpy(&codes, a + r * a_stride, 4);
      const __m512i broadcast = _mm512_set1_epi32(codes);
      unrolled<NR>(EARNEST_EACH(n) { acc[r][n] = dot<Bytes>(acc[r][n], broadcast, columns[n]); });
    });
  }
  if (p.requantize != nullptr) {
    if (saturates(*p.requantize)) finish_tile<true, MR, NR>(p, row, group, acc);
    else finish_tile<false, MR, NR>(p, row, group, acc);
    return;
  }
  if (p.addition != nullptr) return add_tile<MR, NR>(p, row, group, acc);
  char* out = static_cast<char*>(p.out) + row * p.out_stride;
  unrolled<NR>(EARNEST_EACH(n) {
    const int column = (group + n) * kGroup;
    const __mmask16 mask = first(smaller(kGroup, p.columns - column));
    unrolled<MR>(EARNEST_EACH(r) { store(out + r * p.out_stride + column * 4, acc[r][n], Type::i32, mask); });
  });
}

template <bool Bytes, int NR>
void rows_of_tiles(const Product& p, int group) {
  int row = 0;
  for (; row + 6 <= p.rows; row += 6) tile<Bytes, 6, NR>(p, row, group);
  switch (p.rows - row) {
    case 1: tile<Bytes, 1, NR>(p, row, group); break;
    case 2: tile<Bytes, 2, NR>(p, row, group); break;
    case 3: tile<Bytes, 3, NR>(p, row, group); break;
    case 4: tile<Bytes, 4, NR>(p, row, group); break;
    case 5: tile<Bytes, 5, NR>(p, row, group); break;
    default: break;
  }
}

template <bool Bytes>
void product(const Product& p) {
  const int groups = (p.columns + kGroup - 1) / kGroup;
  int group = 0;
  for (; group + 4 <= groups; group += 4) rows_of_tiles<Bytes, 4>(p, group);
  switch (groups - group) {
    case 1: rows_of_tiles<Bytes, 1>(p, group); break;
    case 2: rows_of_tiles<Bytes, 2>(p, group); break;
    case 3: rows_of_tiles<Bytes, 3>(p, group); break;
    default: break;
  }
}

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
    const __m512i odd =
        _mm512_add_epi64(_mm512_mul_epi32(odd_half(x), ma), _mm512_mul_epi32(odd_half(y), mb));
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

__attribute__((target("avx512vbmi"))) void table_bytes(const uint8_t* codes, int count, uint8_t flip, const uint8_t* entries,
                                                       uint8_t* out) {
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
  else
    table(codes, count, flip, entries, type, out);
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

// r and k of eight variances (E21).
inline void inverse_roots(__m512i variance, __m512i& root, __m512i& shift) {
  const __m512i digits = _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_lzcnt_epi64(variance));
  const __m512i k = _mm512_sub_epi64(_mm512_srli_epi64(_mm512_add_epi64(digits, _mm512_set1_epi64(1)), 1), _mm512_set1_epi64(16));
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
inline __m512i load_words(const int8_t* from, __mmask32 mask) { return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, from)); }

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
    const int64_t total = _mm512_reduce_add_epi32(sum), centre = norm.centred ? total : int64_t{count} * norm.input_zero_point;
    centres[r] = centre;
    variances[r] = count * _mm512_reduce_add_epi64(_mm512_add_epi64(even, odd)) - centre * (2 * total - centre) + norm.epsilon;
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
      const __m512i d = _mm512_sub_epi32(_mm512_mullo_epi32(v, number), _mm512_set1_epi32(static_cast<int32_t>(centres[r])));
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

  explicit FirstWords(const uint16_t* entries) : low(_mm512_loadu_si512(entries)), high(_mm512_loadu_si512(entries + 32)) {}

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

void depthwise512(const Depthwise& d) {
  constexpr int kRows = 4;
  const int size = size_of(d.requantize->type);
  const ptrdiff_t row_bytes = static_cast<ptrdiff_t>(d.channels) * 4;
  for (int c = 0; c < d.channels; c += kGroup) {
    const __mmask16 mask = first(smaller(kGroup, d.channels - c));
    const Columns<false> finish(*d.requantize, c / kGroup);
    const __m512i init = _mm512_loadu_si512(d.init + c);
    for (int row = 0; row < d.rows; row += kRows) {
      const int part = smaller(kRows, d.rows - row);
      const char* pairs = reinterpret_cast<const char*>(d.pairs) + row * d.row_step * row_bytes + c * 4;
      const char* weights = reinterpret_cast<const char*>(d.weights) + c * 4;
      __m512i acc[kRows] = {init, init, init, init};
      const ptrdiff_t step = d.row_step * row_bytes, tap = d.pair_step * row_bytes;
      for (int t = 0; t < d.pairs_count; ++t) {
        const __m512i w = _mm512_maskz_loadu_epi32(mask, weights + t * row_bytes);
        unrolled<kRows>(EARNEST_EACH(r) {
          const char* at = pairs + t * tap + (r < part ? r : part - 1) * step;
          acc[r] = _mm512_dpwssd_epi32(acc[r], _mm512_maskz_loadu_epi32(mask, at), w);
        });
      }
      char* out = static_cast<char*>(d.out) + row * d.out_stride + c * size;
      unrolled<kRows>(EARNEST_EACH(r) {
        if (r < part) finish.store_codes(out + r * d.out_stride, acc[r], *d.requantize, mask);
      });
    }
  }
}

}  // namespace

const Kernels& avx512_kernels() {
  static constexpr Kernels kernels = [] {
    Kernels k = kPlain;
    k.name = "avx512";
    k.bytes = k.adds = true;
    k.product8 = product<true>;
    k.product16 = product<false>;
    k.scale = scale512;
    k.add = add512;
    k.multiply = multiply512;
    k.table = table512;
    k.gate = gate512;
    k.normalise = normalise512;
    k.softmax = softmax512;
    k.exponential = exponential512;
    k.depthwise = depthwise512;
    return k;
  }();
  return kernels;
}

}  // namespace earnest
