// A product whose sums the next operator may take before they are stored.
#pragma once

#include "operator.h"

namespace earnest {

class HandedOn : public Operator {
 public:
  using Operator::Operator;

  // Whether the result is the accumulator itself, unrounded.
  virtual bool hands_on() const = 0;

  // E13 of the accumulator and of `other`, in one task; false, and nothing is bound, where that cannot be.
  virtual bool bind_sum(Binder& binder, const std::vector<const Value*>& operands, const Value& other, const Addition& addition,
                        int bits, bool is_signed, Value& sum) const = 0;
};

}  // namespace earnest
