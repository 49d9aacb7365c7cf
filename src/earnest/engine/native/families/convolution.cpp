#include "families/convolution.h"

#include <utility>

#include "families/linear_task.h"

namespace earnest {

Convolution::Convolution(const Record& record, const Kernels& kernels, int rank)
    : Operator(record),
      rank_(rank),
      width_(record.width()) {
  const Array& weight = record.array("weight");
  if (weight.shape.size() != rank + 2) refuse(name + ": expected a weight over " + std::to_string(rank) + " axes");
  for (int axis = kSpatial - rank, i = 0; axis < kSpatial; ++axis, ++i) {
    geometry_.taps[axis] = weight.shape[i + 2];
    geometry_.strides[axis] = record.list("strides").at(i);
    geometry_.padding[axis] = record.list("padding").at(i);
    geometry_.dilations[axis] = record.list("dilations").at(i);
  }
  geometry_.groups = record.integer("groups");
  geometry_.channels = weight.shape[1] * geometry_.groups;
  geometry_.zero_point = record.integer("input_zero_point");
  columns_ = weight.shape[0];
  const int64_t taps = geometry_.taps[0] * geometry_.taps[1], depth = weight.shape[1] * taps;
  const Vector<int8_t> codes = reordered(weight);
  depthwise_ = rank == 1 && geometry_.depthwise() && columns_ == geometry_.channels &&
               depthwise_weights_.prepare(record, codes, columns_, taps);
  if (depthwise_) return;
  const int64_t each = columns_ / geometry_.groups;
  for (int64_t group = 0; group < geometry_.groups; ++group) {
    const auto begin = codes.begin() + group * each * depth;
    weights_.emplace_back(record, Vector<int8_t>(begin, begin + each * depth), group * each, each, depth, kernels);
  }
}

Value Convolution::bind(Binder& binder, const Operands& operands) const {
  const Value& x = *operands[0];
  View view = x.view;
  if (view.rank() != rank_ + 2 || view.shape[1] != geometry_.channels)
    refuse(name + ": expected " + std::to_string(geometry_.channels) + " channels over " + std::to_string(rank_) +
           " axes");
  if (view.strides[1] != 1 && geometry_.channels > 1) view = channels_last(binder, view);
  Axes shape = view.shape;
  shape[1] = columns_;
  for (int axis = kSpatial - rank_, at = 2; axis < kSpatial; ++axis, ++at)
    shape[at] = (view.shape[at] + 2 * geometry_.padding[axis] - geometry_.reach(axis)) / geometry_.strides[axis] + 1;
  const RowSpace space = positions(shape);
  Access access;
  std::unique_ptr<Task> task = geometry_.pointwise() ? linear(view, space, x.type(), access) : nullptr;
  const char* way = task ? "linear" : depthwise_ ? "depthwise" : "convolution";
  if (!task) {
    task = windows(view, shape, x.type());
    access = whole(view);
  }
  const int storage = binder.make(width_.type(), space);
  return {binder.add(std::move(task), name, way, space, storage, {access}, shape), width_};
}

int64_t Convolution::weight_bytes() const {
  int64_t total = depthwise_ ? depthwise_weights_.bytes() : 0;
  for (const Weights& set : weights_) total += set.bytes();
  return total;
}

// [out][tap][channel], as a window lies channels last.
Vector<int8_t> Convolution::reordered(const Array& weight) const {
  const int64_t depth = weight.shape[1], taps = geometry_.taps[0] * geometry_.taps[1];
  Vector<int8_t> codes(weight.size());
  for (int64_t o = 0; o < weight.shape[0]; ++o)
    for (int64_t c = 0; c < depth; ++c)
      for (int64_t t = 0; t < taps; ++t)
        codes[(o * taps + t) * depth + c] = static_cast<int8_t>(weight[(o * depth + c) * taps + t]);
  return codes;
}

View Convolution::channels_last(Binder& binder, const View& view) const {
  Vector<int64_t> order{0}, back{0, rank_ + 1};
  for (int axis = 2; axis < view.rank(); ++axis) order.push_back(axis);
  for (int axis = 1; axis < view.rank() - 1; ++axis) back.push_back(axis);
  order.push_back(1);
  return binder.dense(view.permuted(order), name).permuted(back);
}

// Rows are positions, and columns channels.
RowSpace Convolution::positions(const Axes& shape) const {
  RowSpace space;
  space.batch = shape[0];
  space.columns = columns_;
  space.column_axes = {1};
  if (shape[0] > 1) space.batch_axes = {0};
  for (int axis = 2; axis < shape.count; ++axis) {
    space.rows *= shape[axis];
    if (shape[axis] > 1) space.row_axes.push_back(axis);
  }
  return space;
}

std::unique_ptr<Task> Convolution::linear(const View& view, const RowSpace& space, Type type, Access& access) const {
  RowSpace input = space;
  input.columns = geometry_.channels;
  if (geometry_.channels == 1) input.column_axes.clear();
  if (!express(view, input, access) || access.column_stride != 1) return nullptr;
  auto task = std::make_unique<LinearTask>();
  task->weights = weights_.data();
  task->type = type;
  return task;
}

std::unique_ptr<Task> Convolution::windows(const View& view, const Axes& shape, Type type) const {
  Source source{};
  source.offset = view.offset;
  source.batch = view.strides[0];
  source.type = type;
  for (int axis = 0; axis < kSpatial; ++axis) {
    const int at = axis + 2 - (kSpatial - rank_);
    source.extent[axis] = at < 2 ? 1 : view.shape[at];
    source.position[axis] = at < 2 ? 0 : view.strides[at];
  }
  if (depthwise_) {
    auto task = std::make_unique<DepthwiseTask>();
    task->geometry = geometry_;
    task->source = source;
    task->weights = &depthwise_weights_;
    return task;
  }
  auto task = std::make_unique<WindowTask>();
  task->geometry = geometry_;
  task->source = source;
  task->width = shape[shape.count - 1];
  task->weights = &weights_;
  return task;
}

}  // namespace earnest
