// E23, slice: an offset, and other strides.
#include "makers.h"

namespace earnest {
namespace {

class Slice : public Operator {
 public:
  explicit Slice(const Record& record)
      : Operator(record),
        axis_(record.small("axis")),
        step_(record.integer("step")),
        start_(record.shape("start").at(0)),
        stop_(record.shape("stop").at(0)) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    const Value& x = *operands[0];
    const int64_t start = start_.at(binder.lengths()), stop = stop_.at(binder.lengths());
    return {x.view.sliced(axis_, start, stop, step_), x.width};
  }

 private:
  int axis_;
  int64_t step_;
  Dimension start_, stop_;
};

}  // namespace

OperatorPtr make_slice(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Slice>(record); }

}  // namespace earnest
