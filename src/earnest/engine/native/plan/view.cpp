#include "plan/view.h"

#include <algorithm>

#include "program/refusal.h"

namespace earnest {

Axes::Axes(std::initializer_list<int64_t> list) {
  for (int64_t value : list) push(value);
}

void Axes::push(int64_t value) {
  if (count == kMostAxes) refuse("expected at most " + std::to_string(kMostAxes) + " axes");
  values[count++] = value;
}

int64_t Axes::product() const {
  int64_t total = 1;
  for (const int64_t extent : *this) total *= extent;
  return total;
}

View View::permuted(const Vector<int64_t>& order) const {
  View result = *this;
  for (int axis = 0; axis < rank(); ++axis) {
    result.shape[axis] = shape[static_cast<int>(order[axis])];
    result.strides[axis] = strides[static_cast<int>(order[axis])];
  }
  return result;
}

View View::sliced(int axis, int64_t start, int64_t stop, int64_t step) const {
  View result = *this;
  result.offset += start * strides[axis];
  result.shape[axis] = (stop - start - 1) / step + 1;
  if (result.shape[axis] > 1) result.strides[axis] *= step;  // a step over one element may be of any size
  return result;
}

View View::relative() const {
  View result = *this;
  const int row = rank() - 2, column = rank() - 1;
  const int64_t length = shape[row];
  result.offset += (length - 1) * strides[column];
  result.shape[column] = length;
  result.strides[row] = strides[row] - strides[column];
  return result;
}

View View::broadcast(const Axes& target) const {
  View result;
  result.storage = storage;
  result.offset = offset;
  result.shape = target;
  result.strides = target;
  const int missing = target.count - rank();
  for (int axis = 0; axis < target.count; ++axis)
    result.strides[axis] = axis < missing || shape[axis - missing] == 1 ? 0 : strides[axis - missing];
  return result;
}

bool View::reshaped(const Axes& target, View& result) const {
  result = View{storage, offset, target, target};
  int from = 0, to = 0;
  while (from < rank() || to < target.count) {
    // The next run of axes on both sides with the same product; axes of extent 1 go with the run before.
    int from_end = from, to_end = to;
    int64_t have = from < rank() ? shape[from_end++] : 1, want = to < target.count ? target[to_end++] : 1;
    while (have != want) {
      if (have < want && from_end < rank()) have *= shape[from_end++];
      else if (want < have && to_end < target.count) want *= target[to_end++];
      else return false;
    }
    while (from_end < rank() && shape[from_end] == 1) ++from_end;
    while (to_end < target.count && target[to_end] == 1) ++to_end;
    int64_t stride = 1, next = -1;
    for (int axis = from_end - 1; axis >= from; --axis) {
      if (shape[axis] == 1) continue;
      if (next < 0) stride = strides[axis];
      else if (strides[axis] != next) return false;
      next = strides[axis] * shape[axis];
    }
    for (int axis = to_end - 1; axis >= to; --axis) {
      result.strides[axis] = stride;
      stride *= target[axis];
    }
    from = from_end;
    to = to_end;
  }
  return true;
}

bool View::dense() const {
  int64_t expected = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    if (shape[axis] != 1 && strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return offset == 0;
}

int64_t View::first() const {
  int64_t found = offset;
  for (int axis = 0; axis < rank(); ++axis) found += std::min<int64_t>(0, (shape[axis] - 1) * strides[axis]);
  return found;
}

int64_t View::last() const {
  int64_t found = offset;
  for (int axis = 0; axis < rank(); ++axis) found += std::max<int64_t>(0, (shape[axis] - 1) * strides[axis]);
  return found;
}

View dense_view(int storage, const Axes& shape) {
  View view{storage, 0, shape, shape};
  int64_t stride = 1;
  for (int axis = shape.count - 1; axis >= 0; --axis) {
    view.strides[axis] = stride;
    stride *= shape[axis];
  }
  return view;
}

Axes broadcast_shapes(const Axes& left, const Axes& right) {
  const int rank = std::max(left.count, right.count);
  Axes shape;
  for (int axis = 0; axis < rank; ++axis) {
    const int a = axis - (rank - left.count), b = axis - (rank - right.count);
    const int64_t x = a < 0 ? 1 : left[a], y = b < 0 ? 1 : right[b];
    if (x != y && x != 1 && y != 1) refuse("expected shapes that broadcast");
    shape.push(x == 1 ? y : x);
  }
  return shape;
}

}  // namespace earnest
