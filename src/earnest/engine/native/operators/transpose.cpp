// E23, transpose: the strides in another order.
#include "makers.h"

namespace earnest {
namespace {

class Transpose : public Operator {
 public:
  explicit Transpose(const Record& record) : Operator(record), order_(record.list("order")) {}

  Value bind(Binder& /*binder*/, const Operands& operands) const override {
    const Value& x = *operands[0];
    return {x.view.permuted(order_), x.width};
  }

 private:
  Vector<int64_t> order_;
};

}  // namespace

OperatorPtr make_transpose(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<Transpose>(record);
}

}  // namespace earnest
