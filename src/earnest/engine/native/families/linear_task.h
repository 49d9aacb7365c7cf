// Rows of codes through one set of weights: E10, and E11 where a convolution has one tap.
#pragma once

#include "plan/plan.h"
#include "weights/weights.h"

namespace earnest {

class LinearTask : public Task {
 public:
  const Weights* weights = nullptr;
  Type type = Type::i8;  // of the codes that are read

  int64_t workspace(int rows) const override;
  void run(const Tile& tile) const override;
};

}  // namespace earnest
