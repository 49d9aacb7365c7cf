// Products in registers of 512 bits: six rows by four groups.
#pragma once

#include <immintrin.h>

#include "kernels/arithmetic.h"
#include "kernels/avx512_registers.inl"
#include "kernels/kernels.h"
#include "kernels/unrolled.h"

namespace earnest {
namespace {

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
    unrolled<MR>(EARNEST_EACH(r) {
      finish.store_codes(out + r * p.out_stride + column * size, acc[r][n], *p.requantize, mask);
    });
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
      const __m512i odd =
          _mm512_add_epi64(_mm512_mul_epi32(odd_half(acc[r][n]), own), _mm512_mul_epi32(odd_half(y), other));
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
      int32_t codes = 0;
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
}  // namespace earnest
