// E22, relative_shift: each row of a view begins one column earlier than the row before it.
#include "makers.h"

namespace earnest {
namespace {

class RelativeShift : public Operator {
 public:
  using Operator::Operator;

  Value bind(Binder& /*binder*/, const Operands& operands) const override {
    const Value& x = *operands[0];
    return {x.view.relative(), x.width};
  }
};

}  // namespace

OperatorPtr make_relative_shift(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<RelativeShift>(record);
}

}  // namespace earnest
