// E10, linear; and E11 where a convolution has one tap: every row of codes becomes a row of results.
#include "linear.h"

namespace earnest {

std::vector<int8_t> weight_codes(const Record& record) {
  const Array& weight = record.array("weight");
  std::vector<int8_t> codes(static_cast<size_t>(weight.size()));
  for (int64_t i = 0; i < weight.size(); ++i) codes[static_cast<size_t>(i)] = static_cast<int8_t>(weight[i]);
  return codes;
}

size_t LinearTask::workspace(int rows) const {
  return aligned(static_cast<size_t>(rows) * static_cast<size_t>(weights->row_bytes())) + weights->workspace();
}

void LinearTask::run(const Tile& tile) const {
  const int stride = weights->row_bytes();
  char* staged = tile.workspace;
  for (int row = 0; row < tile.rows; ++row) {
    char* to = staged + static_cast<ptrdiff_t>(row) * stride;
    weights->stage(*tile.kernels, tile.in[0].data + row * tile.in[0].step, type, weights->depth(), to);
    weights->end(to);
  }
  char* rest = staged + aligned(static_cast<size_t>(tile.rows) * static_cast<size_t>(stride));
  weights->multiply(*tile.kernels, staged, tile.rows, tile.out.data, tile.out.step, rest);
}

namespace {

class Linear : public Operator {
 public:
  Linear(const Record& record, const Kernels& kernels)
      : Operator(record), weights_(record, weight_codes(record), 0, record.array("weight").shape.at(0),
                                   record.array("weight").shape.at(1), kernels),
        bits_(record.small("bits")), is_signed_(record.integer("signed") != 0) {}

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    std::vector<View> views{operands[0]->view};
    Axes shape = views[0].shape;
    const int last = shape.count - 1;
    if (last < 0 || shape[last] != weights_.depth()) refuse(name + ": expected an input of " + std::to_string(weights_.depth()) + " features");
    std::vector<Access> accesses;
    if (views[0].strides[last] != 1 && shape[last] != 1) views[0] = binder.dense(views[0], name);
    RowSpace space = binder.share(views, shape, true, name, accesses);
    shape[last] = weights_.columns();
    space.columns = weights_.columns();
    space.column_axes = {last};
    auto task = std::make_unique<LinearTask>();
    task->weights = &weights_;
    task->type = operands[0]->type;
    const Type type = container(bits_, is_signed_);
    return {binder.add(std::move(task), name, "linear", space, binder.make(type, space), accesses, shape), type, bits_, is_signed_, 0};
  }

  size_t weight_bytes() const override { return weights_.bytes(); }

 private:
  Weights weights_;
  int bits_;
  bool is_signed_;
};

}  // namespace

std::unique_ptr<Operator> make_linear(const Record& record, const Kernels& kernels) {
  if (record.array("weight").shape.size() != 2) refuse(record.name + ": expected a weight of 2 axes");
  return std::make_unique<Linear>(record, kernels);
}

}  // namespace earnest
