#pragma once

#include <vector>

#include "operator.h"
#include "weights.h"

namespace earnest {

std::vector<int8_t> weight_codes(const Record& record);

// Rows of `depth` codes through one set of weights.
class LinearTask : public Task {
 public:
  const Weights* weights = nullptr;
  Type type = Type::i8;  // of the codes that are read

  size_t workspace(int rows) const override;
  void run(const Tile& tile) const override;
};

}  // namespace earnest
