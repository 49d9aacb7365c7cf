#include "operator.h"

#include <algorithm>

#include "copy.h"

namespace earnest {

int64_t Value::centred(int64_t zero_point) const {
  const Range range = code_range(bits, is_signed);
  return std::max(zero_point - range.low, range.high - zero_point);
}

int Binder::make(Type type, const RowSpace& space, bool interleaved) {
  Storage made;
  made.type = type;
  made.batch = space.batch;
  made.rows = space.rows;
  made.columns = space.columns;
  made.row_stride = interleaved ? space.batch * space.columns : space.columns;
  made.batch_stride = interleaved ? space.columns : space.rows * space.columns;
  plan_.storages.push_back(made);
  return static_cast<int>(plan_.storages.size()) - 1;
}

int Binder::add_constant(Type type, const Axes& shape, const void* data) {
  const int storage = make(type, space_of_axes(shape, shape.count == 0 ? 0 : 1, 0));
  plan_.storages.back().place = Place::constant;
  plan_.storages.back().data = data;
  return storage;
}

int Binder::add_input(Type type, const Axes& shape, int port) {
  const int storage = make(type, space_of_axes(shape, 1, 0));
  plan_.storages.back().port = port;
  plan_.storages.back().place = Place::input;
  return storage;
}

View Binder::add(std::unique_ptr<Task> task, const std::string& name, const char* kind, const RowSpace& space, int storage,
                 std::vector<Access> in, const Axes& shape) {
  if (static_cast<int>(in.size()) > kMostOperands)
    refuse(name + ": expected at most " + std::to_string(kMostOperands) + " operands at a time");
  task->name = name;
  task->kind = kind;
  task->batch = space.batch;
  task->rows = space.rows;
  task->out = storage;
  task->in = std::move(in);
  Storage& made = plan_.storages[static_cast<size_t>(storage)];
  made.task = static_cast<int>(plan_.tasks.size());
  plan_.tasks.push_back(std::move(task));
  return laid_out(storage, made, shape, space);
}

View Binder::dense(const View& view, const std::string& name) {
  return view.dense() ? view : copied(*this, {{view, Axes{}}}, view.shape, nullptr, name);
}

RowSpace Binder::share(std::vector<View>& operands, const Axes& shape, bool rowwise, const std::string& name,
                       std::vector<Access>& accesses) {
  const auto fits = [&](const RowSpace& space) {
    accesses.resize(operands.size());
    for (size_t i = 0; i < operands.size(); ++i)
      if (!express(operands[i], space, accesses[i])) return false;
    return true;
  };
  RowSpace space;
  for (const View& operand : operands) {
    if (!space_of_storage(operand, storage(operand.storage), space)) continue;
    if (operand.shape.product() != shape.product() && !rowwise) continue;
    const bool last = space.column_axes.empty() || (space.column_axes.size() == 1 && space.column_axes[0] == operand.rank() - 1);
    const bool one = space.columns == 1 ? operand.rank() == 0 || operand.shape[operand.rank() - 1] == 1 : true;
    if ((!rowwise || (last && one)) && fits(space)) return space;
  }
  if (!rowwise && fits(space = space_of_memory(operands[0]))) return space;
  const Axes& axes = operands[0].shape;
  const int inner = axes.count == 0 ? 0 : 1;
  for (int outer = 0; outer < std::max(1, axes.count - inner); ++outer) {
    space = space_of_axes(axes, inner, outer);
    if (fits(space)) return space;
  }
  for (View& operand : operands) operand = dense(operand, name);
  space = space_of_axes(axes, inner, 0);
  if (!fits(space)) refuse(name + ": a bug of the planner: an operand that is dense cannot be read in rows");
  return space;
}

Value Operator::bind_with(Binder& binder, const Operator& maker, const std::vector<const Value*>& of_maker, size_t place,
                          const std::vector<const Value*>& others) const {
  const Value made = maker.bind(binder, of_maker);
  std::vector<const Value*> operands = others;
  operands.insert(operands.begin() + static_cast<ptrdiff_t>(place), &made);
  return bind(binder, operands);
}

Access whole(const View& view) {
  Access access;
  access.storage = view.storage;
  access.whole = true;
  access.view = view;
  return access;
}

std::unique_ptr<Operator> make_operator(const Record& record, const Kernels& kernels) {
  const std::string& kind = record.kind;
  if (kind == "linear") return make_linear(record, kernels);
  if (kind == "conv1d" || kind == "conv2d") return make_convolution(record, kernels);
  if (kind == "embedding") return make_embedding(record);
  if (kind == "lstm" || kind == "gru") return make_recurrence(record, kernels);
  if (kind == "matmul" || kind == "weighted_mean") return make_matmul(record, kernels);
  if (kind == "add" || kind == "mul" || kind == "table" || kind == "interpolated_table" || kind == "glu")
    return make_elementwise(record);
  if (kind == "layer_norm" || kind == "rms_norm" || kind == "softmax" || kind == "exponential") return make_rowwise(record);
  if (kind == "group_norm") return make_group_norm(record);
  return make_layout(record);
}

}  // namespace earnest
