// What goes over a row: E18, E19, E21, E28.
#pragma once

#include "kernels/arithmetic.h"
#include "kernels/kernels.h"
#include "kernels/root.h"

namespace earnest {
namespace {

template <class X, class Y>
void normalise_row(const X* x, int count, const Norm& norm, Y* out) {
  const int64_t zero = norm.input_zero_point;
  int64_t sum = 0, squares = 0;
  if (norm.centred)
    for (int c = 0; c < count; ++c) sum += x[c] - zero;
  for (int c = 0; c < count; ++c) squares += (x[c] - zero) * (x[c] - zero);
  int64_t root = 0;
  int k = 0;
  inverse_root(count * squares - sum * sum + norm.epsilon, root, k);
  const int shift = 16 + k;
  const int64_t half = int64_t{1} << (shift - 1);
  for (int c = 0; c < count; ++c) {
    const int64_t normalised = ((count * (x[c] - zero) - sum) * root + half) >> shift;
    const int64_t scaled = (normalised * norm.multiplier[c] + norm.bias[lane(c)]) >> norm.shift[lane(c)];
    out[c] = static_cast<Y>(clamp(scaled + norm.zero_point, norm.low, norm.high));
  }
}

void normalise(const void* codes, Type type, ptrdiff_t stride, int rows, int count, const Norm& norm, void* out,
               ptrdiff_t out_stride) {
  for (int row = 0; row < rows; ++row)
    with_type(type, [&](auto* x_tag) {
      with_type(norm.type, [&](auto* y_tag) {
        const char* from = static_cast<const char*>(codes) + row * stride;
        char* to = static_cast<char*>(out) + row * out_stride;
        normalise_row(reinterpret_cast<decltype(x_tag)>(const_cast<char*>(from)), count, norm,
                      reinterpret_cast<decltype(y_tag)>(to));
      });
    });
}

template <class X>
int32_t highest(const X* x, int count) {
  X top = x[0];
  for (int i = 1; i < count; ++i) top = larger(top, x[i]);
  return static_cast<int32_t>(top);
}

// p = (e R + 2^30) >> 31 in place of e, with R of the row.
void divide_row(int16_t* row, int count, int64_t sum) {
  const uint64_t reciprocal = (uint64_t{32767} << 31) / static_cast<uint64_t>(sum);
  for (int i = 0; i < count; ++i)
    row[i] = static_cast<int16_t>((static_cast<uint64_t>(row[i]) * reciprocal + (uint64_t{1} << 30)) >> 31);
}

void softmax(const void* codes, Type type, int count, const SoftmaxTables& tables, int16_t* out) {
  with_type(type, [&](auto* tag) {
    const auto* x = static_cast<decltype(tag)>(const_cast<void*>(codes));
    const int32_t top = highest(x, count), mask = (1 << tables.fine_bits) - 1;
    int64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      const int32_t distance = top - static_cast<int32_t>(x[i]);
      uint32_t e = tables.coarse[distance >> tables.fine_bits];
      if (tables.fine_bits != 0) e = (e * tables.fine[distance & mask] + (1U << 14)) >> 15;
      out[i] = static_cast<int16_t>(e);
      sum += e;
    }
    divide_row(out, count, sum);
  });
}

void exponential(const void* codes, Type type, int count, const uint8_t* entries, uint8_t* out) {
  with_type(type, [&](auto* tag) {
    const auto* x = static_cast<decltype(tag)>(const_cast<void*>(codes));
    const int32_t top = highest(x, count);
    for (int i = 0; i < count; ++i) out[i] = entries[top - static_cast<int32_t>(x[i])];
  });
}

}  // namespace
}  // namespace earnest
