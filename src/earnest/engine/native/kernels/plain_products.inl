// Sums of products, code by code: E10 to E12.
#pragma once

#include <type_traits>

#include "kernels/arithmetic.h"
#include "kernels/kernels.h"

namespace earnest {
namespace {

// E3 of one sum; `column` picks its multiplier.
inline int64_t requantized(int32_t acc, const Requantize& to, int column) {
  int64_t product = int64_t{acc} * to.multiplier[column];
  return clamp(shift_round(product, to.shift[lane(column)]) + to.zero_point, to.low, to.high);
}

template <class A, class B, int Codes>
void product(const Product& p) {
  for (int row = 0; row < p.rows; ++row) {
    const A* a = reinterpret_cast<const A*>(static_cast<const char*>(p.a) + row * p.a_stride);
    char* out = static_cast<char*>(p.out) + row * p.out_stride;
    for (int group = 0; group * kGroup < p.columns; ++group) {
      const B* b = reinterpret_cast<const B*>(static_cast<const char*>(p.b) + group * p.b_stride);
      const int first = group * kGroup, count = smaller(kGroup, p.columns - first);
      uint32_t sums[kGroup];
      for (int c = 0; c < kGroup; ++c) sums[c] = static_cast<uint32_t>(p.init[first + c]);
      for (int k = 0; k < p.depth; ++k)
        for (int c = 0; c < kGroup; ++c)
          for (int i = 0; i < Codes; ++i)
            sums[c] += static_cast<uint32_t>(int32_t{a[k * Codes + i]} * int32_t{b[(k * kGroup + c) * Codes + i]});
      if (p.requantize == nullptr) {
        for (int c = 0; c < count; ++c) reinterpret_cast<int32_t*>(out)[first + c] = static_cast<int32_t>(sums[c]);
        continue;
      }
      with_type(p.requantize->type, [&](auto* tag) {
        auto* to = reinterpret_cast<decltype(tag)>(out) + first;
        for (int c = 0; c < count; ++c)
          to[c] = static_cast<std::remove_reference_t<decltype(*to)>>(
              requantized(static_cast<int32_t>(sums[c]), *p.requantize, first + c));
      });
    }
  }
}

void depthwise(const Depthwise& d) {
  for (int row = 0; row < d.rows; ++row) {
    const int16_t* pairs = d.pairs + static_cast<ptrdiff_t>(row) * d.row_step * d.channels * 2;
    char* out = static_cast<char*>(d.out) + row * d.out_stride;
    for (int c = 0; c < d.channels; ++c) {
      uint32_t sum = static_cast<uint32_t>(d.init[c]);
      for (int t = 0; t < d.pairs_count; ++t) {
        const int16_t* x = pairs + (static_cast<ptrdiff_t>(t) * d.pair_step * d.channels + c) * 2;
        const int16_t* w = d.weights + (static_cast<ptrdiff_t>(t) * d.channels + c) * 2;
        sum += static_cast<uint32_t>(x[0] * w[0] + x[1] * w[1]);
      }
      const int64_t code = requantized(static_cast<int32_t>(sum), *d.requantize, c);
      with_type(d.requantize->type, [&](auto* tag) {
        auto* to = reinterpret_cast<decltype(tag)>(out);
        to[c] = static_cast<std::remove_reference_t<decltype(*to)>>(code);
      });
    }
  }
}

}  // namespace
}  // namespace earnest
