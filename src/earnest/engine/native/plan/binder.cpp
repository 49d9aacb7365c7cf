#include "plan/binder.h"

#include <algorithm>
#include <utility>

#include "plan/copy.h"
#include "program/refusal.h"

namespace earnest {

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

View Binder::add(std::unique_ptr<Task> task, const std::string& name, const char* kind, const RowSpace& space,
                 int storage, Vector<Access> in, const Axes& shape) {
  if (in.size() > kMostOperands)
    refuse(name + ": expected at most " + std::to_string(kMostOperands) + " operands at a time");
  task->name = name;
  task->kind = kind;
  task->batch = space.batch;
  task->rows = space.rows;
  task->out = storage;
  task->in = std::move(in);
  Storage& made = plan_.storages[storage];
  made.task = static_cast<int>(plan_.tasks.size());
  plan_.tasks.push_back(std::move(task));
  return laid_out(storage, made, shape, space);
}

View Binder::dense(const View& view, const std::string& name) {
  return view.dense() ? view : copied(*this, {{view, Axes{}}}, view.shape, nullptr, name);
}

View Binder::contiguous(const View& view, const std::string& name) {
  const int last = view.rank() - 1;
  if (last < 0) refuse(name + ": expected an axis to go over");
  return view.strides[last] == 1 || view.shape[last] == 1 ? view : dense(view, name);
}

RowSpace Binder::share(Vector<View>& operands, const Axes& shape, bool rowwise, const std::string& name,
                       Vector<Access>& accesses) {
  const auto fits = [&](const RowSpace& space) {
    accesses.resize(operands.size());
    for (int64_t i = 0; i < operands.size(); ++i)
      if (!express(operands[i], space, accesses[i])) return false;
    return true;
  };
  RowSpace space;
  for (const View& operand : operands) {
    if (!space_of_storage(operand, storage(operand.storage), space)) continue;
    if (operand.shape.product() != shape.product() && !rowwise) continue;
    const bool last =
        space.column_axes.empty() || (space.column_axes.size() == 1 && space.column_axes[0] == operand.rank() - 1);
    const bool one = space.columns == 1 ? operand.rank() == 0 || operand.shape[operand.rank() - 1] == 1 : true;
    if ((!rowwise || (last && one)) && fits(space)) return space;
  }
  space = space_of_memory(operands[0]);
  if (!rowwise && fits(space)) return space;
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

Access whole(const View& view) {
  Access access;
  access.storage = view.storage;
  access.whole = true;
  access.view = view;
  return access;
}

}  // namespace earnest
