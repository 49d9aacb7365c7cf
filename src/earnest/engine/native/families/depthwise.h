// E11 where every channel has a weight of its own, over time: pairs of rows are multiplied channel by channel.
#pragma once

#include "families/geometry.h"
#include "plan/plan.h"
#include "weights/requantizer.h"

namespace earnest {

struct DepthwiseWeights {
  Vector<int16_t> pairs;  // [tap pair][channel][2]
  Vector<int32_t> init;
  Requantizer requantizer;
  int pairs_count = 0;

  int64_t bytes() const { return pairs.size() * 2 + init.size() * 4 + requantizer.bytes(); }

  // From codes [channel][tap]; false where the sums or the codes need more than the kernel has.
  bool prepare(const Record& record, const Vector<int8_t>& codes, int64_t channels, int64_t taps);
};

class DepthwiseTask : public Task {
 public:
  Geometry geometry;
  Source source{};
  const DepthwiseWeights* weights = nullptr;

  int64_t workspace(int rows) const override;
  void run(const Tile& tile) const override;

 private:
  int64_t pair_rows(int64_t rows) const;
};

}  // namespace earnest
