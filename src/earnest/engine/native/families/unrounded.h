// A product that is handed on unrounded (E12): its result is the accumulator itself, for the add that rounds once.
#pragma once

#include "kernels/kernels.h"

namespace earnest {

constexpr int kAccumulatorBits = 24;
// The pair with which E3 changes no sum: (acc 2^15 + 2^14) >> 15 = acc.
constexpr int kUnroundedShift = 15;
constexpr int64_t kUnroundedMultiplier = int64_t{1} << kUnroundedShift;

// E12: a result of 24 bits, with m = 2^15, s = 15, z = 0.
constexpr bool is_unrounded(const Scale& scale, Width width) {
  return width.bits == kAccumulatorBits && width.is_signed && scale.multiplier == kUnroundedMultiplier &&
         scale.shift == kUnroundedShift && scale.zero_point == 0;
}

// No accumulator is larger.
constexpr int64_t kLargestAccumulator = int64_t{1} << (kAccumulatorBits - 1);

}  // namespace earnest
