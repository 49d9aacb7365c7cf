#include "families/row_norm.h"

#include <cstdlib>

namespace earnest {
namespace {

class NormTask : public RowTask {
 public:
  Norm norm{};

  void run(const Tile& tile) const override {
    const Rows &x = tile.in[0], &y = tile.out;
    tile.kernels->normalise(x.data, type, x.step, tile.rows, columns, norm, y.data, y.step);
  }
};

// The largest normalised code of so many, in units of 2^-15.
int64_t largest_normalised(int64_t count) {
  int64_t root = 1;
  while (root * root <= count) ++root;
  return (root + 1) << 15;
}

}  // namespace

RowNorm::RowNorm(const Record& record, bool centred, int32_t input_zero_point) : Rowwise(record, record.width()) {
  const Array &multiplier = record.array("multiplier"), &shift = record.array("shift"), &bias = record.array("bias");
  const int64_t count = multiplier.size(), padded = in_groups(count), normalised = largest_normalised(count);
  multiplier_.assign(padded, 0);
  shift_.assign(padded, 1);
  bias_.assign(padded, 0);
  const Range range = width_.range();
  norm_.epsilon = record.integer("epsilon");
  norm_.centred = centred;
  norm_.input_zero_point = input_zero_point;
  norm_.zero_point = record.small("zero_point");
  norm_.low = static_cast<int32_t>(range.low);
  norm_.high = static_cast<int32_t>(range.high);
  norm_.type = width_.type();
  norm_.wide = count << record.integer("input_bits") > INT32_MAX || normalised > INT32_MAX;
  for (int c = 0; c < count; ++c) add_channel(c, multiplier[c], bias[c], static_cast<int>(shift[c]), normalised);
}

void RowNorm::add_channel(int channel, int64_t multiplier, int64_t bias, int shift, int64_t normalised) {
  multiplier_[channel] = static_cast<int32_t>(multiplier);
  shift_[lane(channel)] = static_cast<uint8_t>(shift);
  bias_[lane(channel)] = bias + (int64_t{1} << (shift - 1));
  const int64_t scaled = (std::abs(multiplier) * normalised >> shift) + (std::abs(bias) >> shift);
  if (scaled + 3 + std::abs(int64_t{norm_.zero_point}) > INT32_MAX) norm_.wide = true;
}

Value RowNorm::bind(Binder& binder, const Operands& operands) const {
  auto task = std::make_unique<NormTask>();
  task->norm = norm_;
  task->norm.multiplier = multiplier_.data();
  task->norm.shift = shift_.data();
  task->norm.bias = bias_.data();
  return make(binder, *operands[0], std::move(task));
}

}  // namespace earnest
