// Norms of a row by its root: E21, which takes the mean away, and E28, which takes the zero point away.
#pragma once

#include "families/rowwise.h"

namespace earnest {

class RowNorm : public Rowwise {
 public:
  RowNorm(const Record& record, bool centred, int32_t input_zero_point);

  Value bind(Binder& binder, const Operands& operands) const override;
  int64_t weight_bytes() const override { return multiplier_.size() * 4 + shift_.size() + bias_.size() * 8; }

 private:
  void add_channel(int channel, int64_t multiplier, int64_t bias, int shift, int64_t normalised);

  Vector<int32_t> multiplier_;
  Vector<uint8_t> shift_;
  Vector<int64_t> bias_;
  Norm norm_{};
};

}  // namespace earnest
