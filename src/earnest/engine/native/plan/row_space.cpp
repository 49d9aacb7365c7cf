#include "plan/row_space.h"

#include <algorithm>

namespace earnest {
namespace {

constexpr int64_t kLongRow = 64;  // codes: no shorter if the memory allows

// The one step of some axes, outer to inner; 0 if the view stays where it is.
bool collapse(const View& view, const Vector<int>& axes, int64_t& step) {
  step = 0;
  int64_t next = 0;
  bool begun = false;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    const int64_t stride = view.strides[*axis];
    if (!begun) step = stride;
    else if (stride != next) return false;
    begun = true;
    next = stride * view.shape[*axis];
  }
  return true;
}

void lay(const Axes& shape, const Vector<int>& axes, int64_t stride, View& view) {
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    view.strides[*axis] = stride;
    stride *= shape[*axis];
  }
}

int64_t extent(const Axes& shape, const Vector<int>& axes) {
  int64_t total = 1;
  for (int axis : axes) total *= shape[axis];
  return total;
}

Vector<int> by_stride(const View& view) {
  Vector<int> axes;
  for (int axis = 0; axis < view.rank(); ++axis)
    if (view.shape[axis] > 1) axes.push_back(axis);
  std::stable_sort(axes.begin(), axes.end(), [&](int a, int b) { return view.strides[a] > view.strides[b]; });
  return axes;
}

}  // namespace

bool space_of_storage(const View& view, const Storage& storage, RowSpace& space) {
  space = RowSpace{};
  if (view.offset != 0 || view.shape.product() != storage.elements()) return false;
  struct Group {
    Vector<int>* axes;
    int64_t stride, extent;
  };
  const Group groups[] = {{&space.column_axes, 1, storage.columns},
                          {&space.row_axes, storage.row_stride, storage.rows},
                          {&space.batch_axes, storage.batch_stride, storage.batch}};
  for (int axis : by_stride(view)) {
    bool found = false;
    for (const Group& group : groups) {
      const int64_t stride = view.strides[axis];
      if (group.extent == 1 || stride < group.stride || stride * view.shape[axis] > group.stride * group.extent)
        continue;
      group.axes->push_back(axis);
      found = true;
      break;
    }
    if (!found) return false;
  }
  space.batch = storage.batch;
  space.rows = storage.rows;
  space.columns = storage.columns;
  Access access;
  return extent(view.shape, space.column_axes) == space.columns && extent(view.shape, space.row_axes) == space.rows &&
         extent(view.shape, space.batch_axes) == space.batch && express(view, space, access);
}

RowSpace space_of_axes(const Axes& shape, int inner, int outer) {
  RowSpace space;
  for (int axis = 0; axis < shape.count; ++axis) {
    const bool column = axis >= shape.count - inner, first = axis < outer;
    (column ? space.columns : first ? space.batch : space.rows) *= shape[axis];
    if (shape[axis] > 1) (column ? space.column_axes : first ? space.batch_axes : space.row_axes).push_back(axis);
  }
  return space;
}

RowSpace space_of_memory(const View& view) {
  RowSpace space;
  space.row_axes = by_stride(view);
  int64_t next = 1;
  while (!space.row_axes.empty() && view.strides[space.row_axes.back()] == next && space.columns < kLongRow) {
    const int axis = space.row_axes.back();
    space.row_axes.pop_back();
    space.column_axes.insert(space.column_axes.begin(), axis);
    space.columns *= view.shape[axis];
    next *= view.shape[axis];
  }
  for (int axis : space.row_axes) space.rows *= view.shape[axis];
  return space;
}

bool express(const View& view, const RowSpace& space, Access& access) {
  access = Access{};
  access.storage = view.storage;
  access.offset = view.offset;
  access.columns = space.columns;
  if (!collapse(view, space.batch_axes, access.batch_stride) || !collapse(view, space.row_axes, access.row_stride) ||
      !collapse(view, space.column_axes, access.column_stride))
    return false;
  if (space.columns == 1) access.column_stride = 1;
  return access.column_stride == 0 || access.column_stride == 1;
}

View laid_out(int storage, const Storage& made, const Axes& shape, const RowSpace& space) {
  View view{storage, 0, shape, shape};
  for (int axis = 0; axis < shape.count; ++axis) view.strides[axis] = 0;
  lay(shape, space.column_axes, 1, view);
  lay(shape, space.row_axes, made.row_stride, view);
  lay(shape, space.batch_axes, made.batch_stride, view);
  return view;
}

}  // namespace earnest
