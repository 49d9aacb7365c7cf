// The root of a norm, found by value.
#pragma once

#include <cstdint>

namespace earnest {
namespace {

// k with 2^30 <= V / 4^k < 2^32 and r, the largest integer with r^2 v <= 2^62 (E21).
inline void inverse_root(int64_t variance, int64_t& root, int& k) {
  const int digits = 64 - __builtin_clzll(static_cast<uint64_t>(variance));
  k = ((digits + 1) >> 1) - 16;
  const uint64_t v = k >= 0 ? static_cast<uint64_t>(variance) >> (2 * k) : static_cast<uint64_t>(variance) << (-2 * k);
  if (v == uint64_t{1} << 30) {
    root = 1 << 16;
    return;
  }
  uint64_t r = 0;
  for (int bit = 15; bit >= 0; --bit) {
    const uint64_t candidate = r | (uint64_t{1} << bit);
    if (candidate * candidate * v <= uint64_t{1} << 62) r = candidate;
  }
  root = static_cast<int64_t>(r);
}

}  // namespace
}  // namespace earnest
