// E23, reshape: another view of the same codes wherever strides can say it, a copy where they cannot.
#include "makers.h"

namespace earnest {
namespace {

class Reshape : public Operator {
 public:
  explicit Reshape(const Record& record) : Operator(record), shape_(record.shape("shape")) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    const Value& x = *operands[0];
    Axes shape;
    for (const Dimension& dimension : shape_) shape.push(dimension.at(binder.lengths()));
    if (shape.product() != x.view.shape.product()) refuse(name + ": expected a shape of as many elements");
    View view;
    if (!x.view.reshaped(shape, view)) binder.dense(x.view, name).reshaped(shape, view);
    return {view, x.width};
  }

 private:
  Vector<Dimension> shape_;
};

}  // namespace

OperatorPtr make_reshape(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Reshape>(record); }

}  // namespace earnest
