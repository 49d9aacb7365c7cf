// E23, pad: a copy with the zero point around it.
#include "makers.h"
#include "plan/copy.h"

namespace earnest {
namespace {

class Pad : public Operator {
 public:
  explicit Pad(const Record& record)
      : Operator(record),
        before_(record.list("before")),
        after_(record.list("after")),
        zero_point_(record.integer("zero_point")) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    const Value& x = *operands[0];
    Axes shape = x.view.shape, at = shape;
    for (int axis = 0; axis < shape.count; ++axis) {
      at[axis] = before_.at(axis);
      shape[axis] += at[axis] + after_.at(axis);
    }
    return {copied(binder, {{x.view, at}}, shape, &zero_point_, name), x.width};
  }

 private:
  Vector<int64_t> before_, after_;
  int64_t zero_point_;
};

}  // namespace

OperatorPtr make_pad(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Pad>(record); }

}  // namespace earnest
