// Where a convolution reads: its taps, and how its operand lies.
#pragma once

#include <cstdint>

#include "memory/codes.h"

namespace earnest {

constexpr int kSpatial = 2;

// Over two axes; one of extent 1 comes first where there is only time.
struct Geometry {
  int64_t channels = 1, groups = 1;
  int64_t taps[kSpatial] = {1, 1}, strides[kSpatial] = {1, 1}, padding[kSpatial] = {0, 0}, dilations[kSpatial] = {1, 1};
  int64_t zero_point = 0;

  int64_t reach(int axis) const { return dilations[axis] * (taps[axis] - 1) + 1; }
  bool pointwise() const {
    return groups == 1 && taps[0] * taps[1] == 1 && strides[0] * strides[1] == 1 && padding[0] + padding[1] == 0;
  }
  bool depthwise() const {
    return groups == channels && groups > 1 && taps[0] == 1 && strides[0] == 1 && padding[0] == 0;
  }
};

// The operand of a convolution, in elements; a channel is one element from the next.
struct Source {
  int64_t offset, batch, position[kSpatial], extent[kSpatial];
  Type type;
};

}  // namespace earnest
