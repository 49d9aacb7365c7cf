#include "plan/copy.h"

#include <algorithm>
#include <utility>

#include "memory/bytes.h"

namespace earnest {
namespace {

// `inner` axes of a piece, copied into a dense row whose axes are `extents`.
template <class T>
void copy_axes(const T* from, const Axes& strides, T* to, const Axes& steps, const Axes& shape, int axis) {
  const int64_t count = shape[axis];
  if (axis == shape.count - 1) {
    if (strides[axis] == 1) copy_bytes(to, from, count * int64_t{sizeof(T)});
    else
      for (int64_t i = 0; i < count; ++i) to[i] = from[i * strides[axis]];
    return;
  }
  // Two axes at once, so that reads run along the memory where they can.
  if (axis == shape.count - 2 && strides[axis] == 1 && strides[axis + 1] != 1) {
    for (int64_t j = 0; j < shape[axis + 1]; ++j) {
      const T* column = from + j * strides[axis + 1];
      for (int64_t i = 0; i < count; ++i) to[i * steps[axis] + j] = column[i];
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    copy_axes(from + i * strides[axis], strides, to + i * steps[axis], steps, shape, axis + 1);
}

class Copy : public Task {
 public:
  Vector<Piece> pieces;
  Vector<Type> types;
  Axes shape, steps;  // of the value, and the dense steps within a row
  int outer = 0;      // axes that count rows
  bool filled = false;
  int64_t fill = 0;
  Type type = Type::i8;

  void run(const Tile& tile) const override {
    switch (size_of(type)) {
      case 1: rows_of<uint8_t>(tile); break;
      case 2: rows_of<uint16_t>(tile); break;
      default: rows_of<uint32_t>(tile);
    }
  }

 private:
  template <class T>
  void rows_of(const Tile& tile) const {
    int64_t columns = 1;
    for (int axis = outer; axis < shape.count; ++axis) columns *= shape[axis];
    for (int row = 0; row < tile.rows; ++row) {
      T* to = reinterpret_cast<T*>(tile.out.data + row * tile.out.step);
      if (filled) std::fill(to, to + columns, static_cast<T>(fill));
      int64_t index[kMostAxes], rest = tile.first + row;
      for (int axis = outer - 1; axis >= 0; --axis) {
        index[axis] = rest % shape[axis];
        rest /= shape[axis];
      }
      for (int64_t i = 0; i < pieces.size(); ++i)
        put(pieces[i], index, reinterpret_cast<const T*>(tile.in[i].data), to);
    }
  }

  template <class T>
  void put(const Piece& piece, const int64_t* index, const T* from, T* to) const {
    from += piece.view.offset;
    for (int axis = 0; axis < outer; ++axis) {
      const int64_t at = index[axis] - (piece.at.count == 0 ? 0 : piece.at[axis]);
      if (at < 0 || at >= piece.view.shape[axis]) return;
      from += at * piece.view.strides[axis];
    }
    if (piece.at.count != 0)
      for (int axis = outer; axis < shape.count; ++axis) to += piece.at[axis] * steps[axis];
    if (outer == shape.count) *to = *from;
    else copy_axes(from, piece.view.strides, to, steps, piece.view.shape, outer);
  }
};

// Rows of some dozen codes at least, if the value has that many.
int outer_axes(const Axes& shape) {
  int64_t columns = 1;
  int axis = shape.count;
  while (axis > 0 && (columns < 64 || axis == shape.count)) columns *= shape[--axis];
  return axis;
}

}  // namespace

View copied(Binder& binder, const Vector<Piece>& pieces, const Axes& shape, const int64_t* fill,
            const std::string& name) {
  auto task = std::make_unique<Copy>();
  task->pieces = pieces;
  task->type = binder.storage(pieces[0].view.storage).type;
  task->shape = task->steps = shape;
  task->outer = outer_axes(shape);
  int64_t step = 1;
  for (int axis = shape.count - 1; axis >= 0; --axis) {
    task->steps[axis] = step;
    step *= shape[axis];
  }
  task->filled = fill != nullptr;
  task->fill = fill != nullptr ? *fill : 0;
  Vector<Access> in;
  for (const Piece& piece : pieces) in.push_back(whole(piece.view));
  const RowSpace space = space_of_axes(shape, shape.count - task->outer, 0);
  const Type type = task->type;
  return binder.add(std::move(task), name, "copy", space, binder.make(type, space), std::move(in), shape);
}

}  // namespace earnest
