#include "families/matrix_product.h"

#include <algorithm>
#include <utility>

#include "families/unrounded.h"

namespace earnest {
namespace {

constexpr int64_t kDeepest = 1 << 22;  // of a packed product: sizes of groups fit an int

Axes without_two(const Axes& shape) {
  if (shape.count < 2) refuse("expected operands of two axes or more");
  Axes outer = shape;
  outer.count -= 2;
  return outer;
}

Axes with_two(const Axes& outer, int64_t rows, int64_t columns) {
  Axes shape = outer;
  shape.push(rows);
  shape.push(columns);
  return shape;
}

// The view under the batches of both operands; the last two axes stay, those of extent 1 too.
View kept_axes(const View& view, const Axes& shape) {
  View result = view.broadcast(shape);
  for (int i = 1; i <= 2; ++i) result.strides[shape.count - i] = view.strides[view.rank() - i];
  return result;
}

// How a view is read in a space; a copy of it where it cannot be read so.
Access read(Binder& binder, View& view, const RowSpace& space, const std::string& name) {
  Access access;
  if (express(view, space, access)) return access;
  view = binder.dense(view, name);
  express(view, space, access);
  return access;
}

}  // namespace

MatrixProduct::MatrixProduct(const Record& record, const Kernels& kernels, int64_t left_zero, bool mean)
    : Operator(record),
      kernels_(kernels),
      width_(record.width()),
      left_zero_(left_zero),
      right_zero_(record.integer("right_zero_point")) {
  finish_.scale = scale_of(record, width_);
  finish_.mean = mean;
  finish_.hand_on = !mean && is_unrounded(finish_.scale, width_);
}

Value MatrixProduct::bind(Binder& binder, const Operands& operands) const {
  return bind(binder, operands, nullptr, nullptr);
}

bool MatrixProduct::bind_sum(Binder& binder, const Operands& operands, const Value& other, const Addition& addition,
                             Width width, Value& sum) const {
  const Value &left = *operands[0], &right = *operands[1];
  const Mode mode = mode_of(left, right, left.view.shape[left.view.rank() - 1]);
  if (mode == Mode::wide || packed_shift(mode, right.type(), right_zero_) != right_zero_) return false;
  Access access;
  const RowSpace space = space_of_axes(other.view.shape, 1, other.view.rank() - 2);
  if (!express(other.view, space, access) || access.column_stride != 1) return false;
  sum = bind(binder, operands, &access, &addition);
  sum.width = width;
  return true;
}

Value MatrixProduct::bind(Binder& binder, const Operands& operands, const Access* other,
                          const Addition* addition) const {
  const Value &left = *operands[0], &right = *operands[1];
  View a = left.view, b = right.view;
  const Axes outer = broadcast_shapes(without_two(a.shape), without_two(b.shape));
  const int64_t rows = a.shape[a.rank() - 2], depth = a.shape[a.rank() - 1], columns = b.shape[b.rank() - 1];
  if (depth != b.shape[b.rank() - 2]) refuse(name + ": expected [..., i, k] times [..., k, j]");
  const Axes shape = with_two(outer, rows, columns);
  if (depth > 1) a = binder.contiguous(a, name);
  a = kept_axes(a, with_two(outer, rows, depth));
  b = kept_axes(b, with_two(outer, depth, columns));
  RowSpace space = space_of_axes(a.shape, 1, outer.count), right_space = space_of_axes(b.shape, 2, outer.count);
  Vector<Access> in{read(binder, a, space, name)};
  right_space.column_axes.clear();
  const Access right_access = read(binder, b, right_space, name);
  const int last = b.rank() - 1;
  const Matrix matrix{right.type(), b.offset, right_access.batch_stride, b.strides[last - 1], b.strides[last]};
  Finish finish = finish_;
  // A mean is at most the largest of what it is a mean of.
  const int64_t largest = finish.mean ? right.width.centred(right_zero_) : bound(left, right, depth);
  finish.scale.wide =
      leaves_32_bits(largest_product(largest, finish.scale.multiplier), finish.scale.shift, finish.scale.zero_point);
  finish.adds = addition != nullptr;
  if (addition != nullptr) finish.addition = *addition;
  const Mode mode = mode_of(left, right, depth);
  std::unique_ptr<Task> task;
  if (mode == Mode::wide) {
    task = wide_task(left.type(), matrix, depth, columns, finish);
    in.push_back(whole(b));
  } else {
    const ProductShape product{mode, static_cast<int>(depth), static_cast<int>(columns)};
    task = product_task(left.type(), right.type(), product, finish);
    in.push_back(packed(binder, left.type(), matrix, b, space.batch, product));
  }
  if (other != nullptr) in.push_back(*other);
  if (rows == 1) space.row_axes.clear();
  space.columns = columns;
  space.column_axes = {shape.count - 1};
  const int storage = binder.make(addition != nullptr ? addition->type : width_.type(), space, true);
  return {binder.add(std::move(task), name, kind.c_str(), space, storage, std::move(in), shape), width_};
}

int64_t MatrixProduct::bound(const Value& left, const Value& right, int64_t depth) const {
  int64_t row = depth * left.width.centred(left_zero_);
  if (left.row_sum != 0 && left_zero_ == 0) row = std::min(row, left.row_sum);
  return row * right.width.centred(right_zero_);
}

Mode MatrixProduct::mode_of(const Value& left, const Value& right, int64_t depth) const {
  const int left_bytes = size_of(left.type()), right_bytes = size_of(right.type());
  if (depth > kDeepest || bound(left, right, depth) > INT32_MAX || left_bytes > 2 || right_bytes > 2) return Mode::wide;
  return left_bytes == 1 && right_bytes == 1 && kernels_.bytes ? Mode::bytes : Mode::words;
}

std::unique_ptr<Task> MatrixProduct::wide_task(Type left, const Matrix& matrix, int64_t depth, int64_t columns,
                                               const Finish& finish) const {
  auto task = std::make_unique<WideProductTask>();
  task->depth = static_cast<int>(depth);
  task->columns = static_cast<int>(columns);
  task->type = left;
  task->matrix = matrix;
  task->left_zero = left_zero_;
  task->right_zero = right_zero_;
  task->finish = finish;
  return task;
}

std::unique_ptr<Task> MatrixProduct::product_task(Type left, Type right, const ProductShape& shape,
                                                  const Finish& finish) const {
  auto task = std::make_unique<ProductTask>();
  task->shape = shape;
  task->type = left;
  task->finish = finish;
  task->left_zero = left_zero_;
  task->right_zero = right_zero_;
  task->shift = packed_shift(shape.mode, right, right_zero_);
  return task;
}

// The right operand as columns, which a task of its own packs.
Access MatrixProduct::packed(Binder& binder, Type left, const Matrix& matrix, const View& view, int64_t batch,
                             const ProductShape& shape) const {
  auto task = std::make_unique<PackTask>();
  task->prepares = true;
  task->shape = shape;
  task->matrix = matrix;
  task->shift = packed_shift(shape.mode, matrix.type, right_zero_);
  task->sums = staged_offset(shape.mode, left) + left_zero_ != 0;
  RowSpace space;
  space.batch = matrix.batch_stride == 0 ? 1 : batch;
  space.rows = shape.groups();
  space.columns = shape.group_bytes();
  if (space.batch > 1) space.batch_axes = {0};
  space.row_axes = {1};
  space.column_axes = {2};
  const Axes axes{space.batch, space.rows, space.columns};
  const int storage = binder.make(Type::u8, space);
  Access access = whole(binder.add(std::move(task), name, "pack", space, storage, {whole(view)}, axes));
  access.batch_stride = space.batch > 1 ? space.rows * space.columns : 0;
  return access;
}

}  // namespace earnest
