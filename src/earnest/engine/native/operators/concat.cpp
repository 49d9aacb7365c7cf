// E23, concat: copies of the operands behind each other.
#include "makers.h"
#include "plan/copy.h"

namespace earnest {
namespace {

class Concat : public Operator {
 public:
  explicit Concat(const Record& record) : Operator(record), axis_(record.small("axis")) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    const Value& x = *operands[0];
    Axes shape = x.view.shape;
    shape[axis_] = 0;
    Vector<Piece> pieces;
    for (const Value* operand : operands) {
      if (operand->view.shape.product() == 0) continue;  // an input that is empty
      Axes at = shape;
      for (int i = 0; i < at.count; ++i) at[i] = 0;
      at[axis_] = shape[axis_];
      pieces.push_back({operand->view, at});
      shape[axis_] += operand->view.shape[axis_];
    }
    if (pieces.empty()) refuse(name + ": expected something to put behind each other");
    return {copied(binder, pieces, shape, nullptr, name), x.width};
  }

 private:
  int axis_;
};

}  // namespace

OperatorPtr make_concat(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Concat>(record); }

}  // namespace earnest
