// E10, linear: every row of codes becomes a row of results.
#include "families/linear_task.h"
#include "makers.h"

namespace earnest {
namespace {

class Linear : public Operator {
 public:
  Linear(const Record& record, const Kernels& kernels)
      : Operator(record),
        weights_(record, weight_codes(record), 0, record.array("weight").shape.at(0),
                 record.array("weight").shape.at(1), kernels),
        width_(record.width()) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    Axes shape = operands[0]->view.shape;
    const int last = shape.count - 1;
    if (last < 0 || shape[last] != weights_.depth())
      refuse(name + ": expected an input of " + std::to_string(weights_.depth()) + " features");
    Vector<View> views{binder.contiguous(operands[0]->view, name)};
    Vector<Access> accesses;
    RowSpace space = binder.share(views, shape, true, name, accesses);
    shape[last] = weights_.columns();
    space.columns = weights_.columns();
    space.column_axes = {last};
    auto task = std::make_unique<LinearTask>();
    task->weights = &weights_;
    task->type = operands[0]->type();
    return made(binder, std::move(task), width_, space, accesses, shape);
  }

  int64_t weight_bytes() const override { return weights_.bytes(); }

 private:
  Weights weights_;
  Width width_;
};

}  // namespace

OperatorPtr make_linear(const Record& record, const Kernels& kernels) {
  if (record.array("weight").shape.size() != 2) refuse(record.name + ": expected a weight of 2 axes");
  return std::make_unique<Linear>(record, kernels);
}

}  // namespace earnest
