// E3 for each of some columns, and with one multiplier for all, as the kernels want them.
#pragma once

#include "kernels/kernels.h"
#include "program/record.h"

namespace earnest {

// The largest product of a multiplier with a sum that is at most `largest`; a sum beyond 2^46 counts as 2^46, which
// leaves 32 bits in any case.
int64_t largest_product(int64_t largest, int64_t multiplier);

// Whether a product, shifted, and its zero point may leave 32 bits.
bool leaves_32_bits(int64_t product, int shift, int64_t zero_point);

// E3 of a result: its multiplier, shift, zero point and ends. `wide` is left to who knows the sums.
Scale scale_of(const Record& record, Width width);

// Its constants are padded to whole groups.
class Requantizer {
 public:
  Requantizer() = default;
  // `bounds` holds the largest magnitude of each column's sum.
  Requantizer(const Record& record, int64_t first, const Vector<int64_t>& bounds);
  Requantize at(int column) const;
  int64_t bytes() const { return multiplier_.size() * 2 + shift_.size(); }

 private:
  Vector<uint16_t> multiplier_;
  Vector<uint8_t> shift_;
  Requantize rest_{};
};

}  // namespace earnest
