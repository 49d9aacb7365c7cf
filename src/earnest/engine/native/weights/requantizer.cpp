#include "weights/requantizer.h"

#include <algorithm>
#include <cstdlib>

#include "kernels/arithmetic.h"

namespace earnest {

int64_t largest_product(int64_t largest, int64_t multiplier) {
  return std::min(largest, int64_t{1} << 46) * std::abs(multiplier);
}

bool leaves_32_bits(int64_t product, int shift, int64_t zero_point) {
  return (product >> shift) + 1 + std::abs(zero_point) > INT32_MAX;
}

Scale scale_of(const Record& record, Width width) {
  const Range range = width.range();
  return {record.integer("multiplier"),
          record.small("shift"),
          record.small("zero_point"),
          static_cast<int32_t>(range.low),
          static_cast<int32_t>(range.high),
          false,
          width.type()};
}

Requantizer::Requantizer(const Record& record, int64_t first, const Vector<int64_t>& bounds) {
  const Array &multiplier = record.array("multiplier"), &shift = record.array("shift");
  const int64_t padded = in_groups(bounds.size());
  multiplier_.assign(padded, 0);
  shift_.assign(padded, 1);
  const Width width = record.width();
  const Range range = width.range();
  rest_.zero_point = record.small("zero_point");
  rest_.low = static_cast<int32_t>(range.low);
  rest_.high = static_cast<int32_t>(range.high);
  rest_.type = width.type();
  rest_.wide = false;
  for (int64_t c = 0; c < bounds.size(); ++c) {
    const int64_t m = multiplier[first + c], s = shift[first + c];
    if (m < 0 || m > UINT16_MAX || s < 1 || s > 47)
      refuse(record.name + ": expected multipliers of 16 bits and shifts 1 .. 47");
    multiplier_[c] = static_cast<uint16_t>(m);
    shift_[lane(static_cast<int>(c))] = static_cast<uint8_t>(s);
    const int64_t largest = shift_round(largest_product(bounds[c], m), static_cast<int>(s));
    if (largest + std::abs(int64_t{rest_.zero_point}) > INT32_MAX) rest_.wide = true;
  }
}

Requantize Requantizer::at(int column) const {
  Requantize requantize = rest_;
  requantize.multiplier = multiplier_.data() + column;
  requantize.shift = shift_.data() + column;
  return requantize;
}

}  // namespace earnest
