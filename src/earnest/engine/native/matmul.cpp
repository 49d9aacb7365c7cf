// E12, and E20 with it: the right operand is packed once per batch as columns of a product, the left one row by row.
//
// With a = a' + p and b = b' + q, a' and b' being what the product multiplies, and z, w the zero points:
//   sum (a - z)(b - w) = sum a' b' + (p - z) sum b' + (q - w) sum a' + K (p - z)(q - w).
// Column sums come with the packed columns, row sums with the staged row; q = w wherever a word holds b - w.
#include <algorithm>
#include <cstring>

#include "matmul.h"
#include "weights.h"

namespace earnest {
namespace {

constexpr int kRowsAtOnce = 12;
constexpr int64_t kDeepest = 1 << 22;  // of a packed product: sizes of groups fit an int

struct Shape {
  Mode mode = Mode::bytes;
  int depth = 1, columns = 1;
  int blocks() const { return (depth + 3) / 4; }
  int code_bytes() const { return mode == Mode::bytes ? 1 : 2; }
  int row_bytes() const { return blocks() * 4 * code_bytes(); }
  int group_bytes() const { return blocks() * kGroupBytes * code_bytes() + kGroup * 4; }  // sums of columns at the end
  int groups() const { return (columns + kGroup - 1) / kGroup; }
};

// What a word or byte of the right operand holds is code - shift.
int64_t packed_shift(Mode mode, Type type, int64_t zero_point) {
  if (mode == Mode::bytes) return type == Type::u8 ? 128 : 0;
  return size_of(type) == 1 ? zero_point : type == Type::u16 ? 32768 : 0;
}

class PackTask : public Task {
 public:
  Shape shape;
  Type type = Type::i8;
  int64_t offset = 0, batch_stride = 0, depth_stride = 0, column_stride = 0;
  int64_t shift = 0;
  bool sums = false;

  void run(const Tile& tile) const override {
    const char* from = tile.in[0].data + (offset + tile.batch * batch_stride) * size_of(type);
    for (int group = 0; group < tile.rows; ++group) {
      const int column = (static_cast<int>(tile.first) + group) * kGroup;
      char* to = tile.out.data + group * tile.out.step;
      const int count = std::min(kGroup, shape.columns - column);
      const char* first = from + column * column_stride * size_of(type);
      const bool words = shape.mode == Mode::words;
      if (!words && depth_stride == 1 && shift == 0) dwords(first, count, to);
      else if (words && column_stride == 1) pairs(tile, first, count, reinterpret_cast<int16_t*>(to));
      else if (words) each<int16_t, 2>(first, count, reinterpret_cast<int16_t*>(to));
      else each<int8_t, 4>(first, count, reinterpret_cast<int8_t*>(to));
      int32_t* totals = reinterpret_cast<int32_t*>(to + shape.group_bytes() - kGroup * 4);
      if (!sums) continue;
      if (words) total<int16_t, 2>(reinterpret_cast<const int16_t*>(to), totals);
      else total<int8_t, 4>(reinterpret_cast<const int8_t*>(to), totals);
    }
  }

 private:
  // Four codes of one column lie together already.
  void dwords(const char* from, int count, char* to) const {
    const int whole = shape.depth / 4, left = shape.depth % 4;
    const char* columns[kGroup];
    for (int c = 0; c < kGroup; ++c) columns[c] = from + (c < count ? c : 0) * column_stride;
    for (int k = 0; k < whole; ++k, to += kGroupBytes)
      for (int c = 0; c < kGroup; ++c) std::memcpy(to + c * 4, columns[c] + k * 4, 4);
    if (left == 0) return;
    std::memset(to, 0, kGroupBytes);
    for (int c = 0; c < kGroup; ++c) std::memcpy(to + c * 4, columns[c] + whole * 4, static_cast<size_t>(left));
  }

  // Rows of columns side by side, two at a time. Columns beyond the last may hold anything: nobody keeps their sums.
  void pairs(const Tile& tile, const char* from, int count, int16_t* to) const {
    const ptrdiff_t step = depth_stride * size_of(type);
    alignas(8) const char none[kGroup * 2] = {};
    for (int k = 0; k < 2 * shape.blocks(); ++k, to += 2 * kGroup) {
      const char* first = 2 * k < shape.depth ? from + 2 * k * step : none;
      const char* second = 2 * k + 1 < shape.depth ? from + (2 * k + 1) * step : none;
      tile.kernels->interleave(first, second, type, count, to);
      if (shift == 0) continue;
      for (int i = 0; i < 2 * count; ++i)
        if (2 * k + i % 2 < shape.depth) to[i] = static_cast<int16_t>(to[i] - shift);
    }
  }

  template <class T, int Codes>
  void each(const char* from, int count, T* to) const {
    for (int k = 0; k < shape.blocks() * 4 / Codes; ++k)
      for (int c = 0; c < kGroup; ++c)
        for (int i = 0; i < Codes; ++i) {
          const int at = k * Codes + i;
          const bool there = at < shape.depth && c < count;
          const int64_t code = there ? load_code(from, type, at * depth_stride + c * column_stride) - shift : 0;
          to[(k * kGroup + c) * Codes + i] = static_cast<T>(code);
        }
  }

  template <class T, int Codes>
  void total(const T* from, int32_t* totals) const {
    uint32_t found[kGroup] = {};
    for (int k = 0; k < shape.blocks() * 4 / Codes; ++k)
      for (int c = 0; c < kGroup; ++c)
        for (int i = 0; i < Codes; ++i) found[c] += static_cast<uint32_t>(int32_t{from[(k * kGroup + c) * Codes + i]});
    std::memcpy(totals, found, sizeof found);
  }
};

// What E12 and E20 make of a row of sums.
struct Finish {
  bool mean = false;  // E20
  bool hand_on = false;
  bool adds = false;  // E13 with the third operand
  Scale scale{};
  Addition addition{};
};

void mean_row(const Kernels& kernels, const int32_t* sums, int count, int64_t total, const Finish& finish, char* out) {
  Scale scale = finish.scale;
  if (total == 0) {
    for (int c = 0; c < count; ++c) store_code(out, scale.type, c, scale.zero_point);
    return;
  }
  int n = 63 - __builtin_clzll(static_cast<uint64_t>(total));
  if (((scale.multiplier << n) / total) < (1 << 15)) ++n;
  scale.multiplier = (scale.multiplier << n) / total;
  scale.shift += n;
  kernels.scale(sums, count, 0, scale, out);
}

class ProductTask : public Task {
 public:
  Shape shape;
  Type type = Type::i8;  // of the left operand
  Finish finish;
  int64_t left_zero = 0, right_zero = 0, shift = 0;  // of the right operand as it is packed

  size_t workspace(int rows) const override {
    const size_t padded = static_cast<size_t>(shape.groups()) * kGroup;
    return aligned(static_cast<size_t>(rows) * static_cast<size_t>(shape.row_bytes())) + aligned(padded * 4) +
           aligned(static_cast<size_t>(kRowsAtOnce) * padded * 4);
  }

  void run(const Tile& tile) const override {
    const int stride = shape.row_bytes(), padded = shape.groups() * kGroup;
    char* staged = tile.workspace;
    int32_t* init = reinterpret_cast<int32_t*>(staged + aligned(static_cast<size_t>(tile.rows) * static_cast<size_t>(stride)));
    int32_t* sums = reinterpret_cast<int32_t*>(reinterpret_cast<char*>(init) + aligned(static_cast<size_t>(padded) * 4));
    int low = 0, high = shape.columns;
    narrow(tile, low, high);
    const bool in_place = shape.mode == Mode::words && type == Type::i16 && tile.in[0].slack;
    if (!in_place) stage(tile, staged);
    begin(tile, init, low, high);
    Product product{};
    const char* rows = in_place ? tile.in[0].data : staged;
    product.a_stride = in_place ? tile.in[0].step : stride;
    product.b_stride = shape.group_bytes();
    product.b = columns(tile) + static_cast<ptrdiff_t>(low / kGroup) * shape.group_bytes();
    product.init = init + low;
    product.columns = high - low;
    product.depth = shape.mode == Mode::bytes ? shape.blocks() : 2 * shape.blocks();
    const auto multiply = shape.mode == Mode::bytes ? tile.kernels->product8 : tile.kernels->product16;
    if (finish.hand_on && shift == right_zero) {
      product.a = rows;
      product.rows = tile.rows;
      if (finish.adds) {
        Addition addition = finish.addition;
        addition.codes = reinterpret_cast<const int32_t*>(tile.in[2].data) + low;
        addition.stride = tile.in[2].step;
        product.addition = &addition;
        product.out = tile.out.data + static_cast<ptrdiff_t>(low) * size_of(addition.type);
        product.out_stride = tile.out.step;
        multiply(product);
        return;
      }
      product.out = tile.out.data + static_cast<ptrdiff_t>(low) * 4;
      product.out_stride = tile.out.step;
      multiply(product);
      return;
    }
    product.out = sums;
    product.out_stride = static_cast<ptrdiff_t>(padded) * 4;
    for (int row = 0; row < tile.rows; row += kRowsAtOnce) {
      product.a = rows + row * product.a_stride;
      product.rows = std::min(kRowsAtOnce, tile.rows - row);
      multiply(product);
      for (int r = 0; r < product.rows; ++r)
        end(tile, row + r, sums + static_cast<ptrdiff_t>(r) * padded, high - low,
            tile.out.data + (row + r) * tile.out.step + static_cast<ptrdiff_t>(low) * size_of(finish.scale.type));
    }
  }

 private:
  // The columns that the readers of these rows look at, from the beginning of a group.
  void narrow(const Tile& tile, int& low, int& high) const {
    if (windows.empty()) return;
    int64_t first = shape.columns, last = 0;
    for (const Window& window : windows)
      for (int64_t row : {tile.first, tile.first + tile.rows - 1}) {
        first = std::min(first, window.offset + row * window.skew);
        last = std::max(last, window.offset + row * window.skew + window.columns);
      }
    low = static_cast<int>(std::max<int64_t>(0, first)) / kGroup * kGroup;
    high = static_cast<int>(std::min<int64_t>(shape.columns, last));
  }

  const char* columns(const Tile& tile) const {
    return tile.in[1].data + tile.batch * in[1].batch_stride;
  }

  void stage(const Tile& tile, char* staged) const {
    for (int row = 0; row < tile.rows; ++row) {
      const char* from = tile.in[0].data + row * tile.in[0].step;
      char* to = staged + static_cast<ptrdiff_t>(row) * shape.row_bytes();
      if (shape.mode == Mode::bytes) tile.kernels->stage8(from, type, shape.depth, reinterpret_cast<uint8_t*>(to));
      else tile.kernels->stage16(from, type, shape.depth, reinterpret_cast<int16_t*>(to));
      const int used = shape.depth * shape.code_bytes();
      std::memset(to + used, 0, static_cast<size_t>(shape.row_bytes() - used));
    }
  }

  // p - z of the equation above: a = a' - staged_offset.
  int64_t left_correction() const { return -staged_offset(shape.mode, type) - left_zero; }

  void begin(const Tile& tile, int32_t* init, int low, int high) const {
    const int64_t factor = left_correction();
    for (int group = low / kGroup; group * kGroup < high; ++group) {
      const char* packed = columns(tile) + static_cast<ptrdiff_t>(group) * shape.group_bytes();
      const int32_t* totals = reinterpret_cast<const int32_t*>(packed + shape.group_bytes() - kGroup * 4);
      for (int c = 0; c < kGroup; ++c)
        init[group * kGroup + c] = factor == 0 ? 0 : static_cast<int32_t>(static_cast<uint32_t>(factor) * static_cast<uint32_t>(totals[c]));
    }
  }

  int64_t codes_of_row(const Tile& tile, int row) const {
    const char* from = tile.in[0].data + row * tile.in[0].step;
    int64_t total = 0;
    for (int k = 0; k < shape.depth; ++k) total += load_code(from, type, k);
    return total;
  }

  void end(const Tile& tile, int row, int32_t* sums, int count, char* out) const {
    int64_t offset = 0;
    if (shift != right_zero)  // (q - w)(sum a' + K (p - z)) = (q - w)(sum a - K z)
      offset = (shift - right_zero) * (codes_of_row(tile, row) - shape.depth * left_zero);
    const int32_t more = static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(offset)));
    if (finish.mean) {
      for (int c = 0; c < count; ++c) sums[c] = static_cast<int32_t>(static_cast<uint32_t>(sums[c]) + static_cast<uint32_t>(more));
      mean_row(*tile.kernels, sums, count, codes_of_row(tile, row), finish, out);
    } else if (finish.hand_on) {
      int32_t* to = reinterpret_cast<int32_t*>(out);
      for (int c = 0; c < count; ++c) to[c] = static_cast<int32_t>(static_cast<uint32_t>(sums[c]) + static_cast<uint32_t>(more));
    } else {
      tile.kernels->scale(sums, count, more, finish.scale, out);
    }
  }
};

// One by one in 64 bits, for sums or codes that the products have no room for.
class WideTask : public Task {
 public:
  int depth = 1, columns = 1;
  Type left = Type::i8, right = Type::i8;
  int64_t left_zero = 0, right_zero = 0, offset = 0, batch_stride = 0, depth_stride = 0, column_stride = 0;
  Finish finish;

  void run(const Tile& tile) const override {
    const char* b = tile.in[1].data + (offset + tile.batch * batch_stride) * size_of(right);
    for (int row = 0; row < tile.rows; ++row) {
      const char* a = tile.in[0].data + row * tile.in[0].step;
      char* out = tile.out.data + row * tile.out.step;
      int64_t total = 0;
      for (int k = 0; k < depth; ++k) total += load_code(a, left, k);
      for (int c = 0; c < columns; ++c) {
        int64_t sum = 0;
        for (int k = 0; k < depth; ++k)
          sum += (load_code(a, left, k) - left_zero) * (load_code(b, right, k * depth_stride + c * column_stride) - right_zero);
        store_code(out, finish.scale.type, c, code(sum, total));
      }
    }
  }

 private:
  int64_t code(int64_t sum, int64_t total) const {
    const Scale& s = finish.scale;
    int64_t m = s.multiplier;
    int shift = s.shift;
    if (finish.mean) {
      if (total == 0) return s.zero_point;
      int n = 63 - __builtin_clzll(static_cast<uint64_t>(total));
      if (((m << n) / total) < (1 << 15)) ++n;
      m = (m << n) / total;
      shift += n;
    }
    const int64_t code = ((sum * m + (int64_t{1} << (shift - 1))) >> shift) + s.zero_point;
    return std::min<int64_t>(std::max<int64_t>(code, s.low), s.high);
  }
};

class MatMul : public HandedOn {
 public:
  MatMul(const Record& record, const Kernels& kernels)
      : HandedOn(record), kernels_(kernels), bits_(record.small("bits")), is_signed_(record.integer("signed") != 0) {
    finish_.mean = record.kind == "weighted_mean";
    left_zero_ = finish_.mean ? 0 : record.integer("left_zero_point");
    right_zero_ = record.integer("right_zero_point");
    const Range range = code_range(bits_, is_signed_);
    finish_.scale = {record.integer("multiplier"), record.small("shift"), record.small("zero_point"), static_cast<int32_t>(range.low),
                     static_cast<int32_t>(range.high), false, container(bits_, is_signed_)};
    finish_.hand_on = !finish_.mean && finish_.scale.multiplier == 1 << 15 && finish_.scale.shift == 15 &&
                      finish_.scale.zero_point == 0 && bits_ == 24 && is_signed_;
  }

  bool hands_on() const override { return finish_.hand_on && right_zero_ == 0; }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override { return bind(binder, operands, nullptr, nullptr); }

  bool bind_sum(Binder& binder, const std::vector<const Value*>& operands, const Value& other, const Addition& addition, int bits,
                bool is_signed, Value& sum) const override {
    const Value &left = *operands[0], &right = *operands[1];
    const int64_t depth = left.view.shape[left.view.rank() - 1];
    if (mode_of(left, right, depth) == Mode::wide || packed_shift(mode_of(left, right, depth), right.type, right_zero_) != right_zero_)
      return false;
    Access access;
    const RowSpace space = space_of_axes(other.view.shape, 1, other.view.rank() - 2);
    if (!express(other.view, space, access) || access.column_stride != 1) return false;
    sum = bind(binder, operands, &access, &addition);
    sum.bits = bits;
    sum.is_signed = is_signed;
    sum.type = container(bits, is_signed);
    return true;
  }

 private:
  Value bind(Binder& binder, const std::vector<const Value*>& operands, const Access* other, const Addition* addition) const {
    const Value &left = *operands[0], &right = *operands[1];
    View a = left.view, b = right.view;
    const Axes outer = broadcast_shapes(without_two(a.shape), without_two(b.shape));
    const int rank = outer.count + 2;
    Axes shape = outer, a_shape = outer, b_shape = outer;
    const int64_t rows = a.shape[a.rank() - 2], depth = a.shape[a.rank() - 1], columns = b.shape[b.rank() - 1];
    if (depth != b.shape[b.rank() - 2]) refuse(name + ": expected [..., i, k] times [..., k, j]");
    for (int64_t extent : {rows, columns}) shape.push(extent);
    for (int64_t extent : {rows, depth}) a_shape.push(extent);
    for (int64_t extent : {depth, columns}) b_shape.push(extent);
    if (a.strides[a.rank() - 1] != 1 && depth > 1) a = binder.dense(a, name);
    a = kept_axes(a, a_shape);
    b = kept_axes(b, b_shape);
    RowSpace space = space_of_axes(a_shape, 1, rank - 2), right_space = space_of_axes(b_shape, 2, rank - 2);
    Access left_access, right_access;
    if (!express(a, space, left_access)) {
      a = binder.dense(a, name);
      express(a, space, left_access);
    }
    right_space.column_axes.clear();
    if (!express(b, right_space, right_access)) {
      b = binder.dense(b, name);
      express(b, right_space, right_access);
    }
    const Mode mode = mode_of(left, right, depth);
    Finish finish = finish_;
    finish.scale.wide = wide(left, right, depth);
    finish.adds = addition != nullptr;
    if (addition != nullptr) finish.addition = *addition;
    if (rows == 1) space.row_axes.clear();
    space.columns = columns;
    space.column_axes = {rank - 1};
    const Type type = addition != nullptr ? addition->type : container(bits_, is_signed_);
    std::vector<Access> in{left_access};
    std::unique_ptr<Task> task;
    if (mode == Mode::wide) task = wide_task(left, right, b, right_access, depth, columns, finish, in);
    else task = product_task(binder, left, right, b, right_access, space.batch, mode, depth, columns, finish, in);
    if (other != nullptr) in.push_back(*other);
    const int storage = binder.make(type, space, true);
    return {binder.add(std::move(task), name, finish_.mean ? "weighted_mean" : "matmul", space, storage, std::move(in), shape), type,
            bits_, is_signed_, 0};
  }

  static Axes without_two(const Axes& shape) {
    if (shape.count < 2) refuse("expected operands of two axes or more");
    Axes outer = shape;
    outer.count -= 2;
    return outer;
  }

  // The view under the batches of both operands; the last two axes stay, those of extent 1 too.
  static View kept_axes(const View& view, const Axes& shape) {
    View result = view.broadcast(shape);
    for (int i = 1; i <= 2; ++i) result.strides[shape.count - i] = view.strides[view.rank() - i];
    return result;
  }

  int64_t bound(const Value& left, const Value& right, int64_t depth) const {
    int64_t row = depth * left.centred(left_zero_);
    if (left.row_sum != 0 && left_zero_ == 0) row = std::min(row, left.row_sum);
    return row * right.centred(right_zero_);
  }

  Mode mode_of(const Value& left, const Value& right, int64_t depth) const {
    if (depth > kDeepest || bound(left, right, depth) > INT32_MAX || size_of(left.type) > 2 || size_of(right.type) > 2) return Mode::wide;
    const bool bytes = size_of(left.type) == 1 && size_of(right.type) == 1;
    return bytes && kernels_.bytes ? Mode::bytes : Mode::words;
  }

  // A mean is at most the largest of what it is a mean of.
  bool wide(const Value& left, const Value& right, int64_t depth) const {
    const int64_t largest = finish_.mean ? right.centred(right_zero_) * finish_.scale.multiplier : std::min(bound(left, right, depth), int64_t{1} << 46) * std::abs(finish_.scale.multiplier);
    return (largest >> finish_.scale.shift) + 1 + std::abs(int64_t{finish_.scale.zero_point}) > INT32_MAX;
  }

  std::unique_ptr<Task> wide_task(const Value& left, const Value& right, const View& b, const Access& access, int64_t depth,
                                  int64_t columns, const Finish& finish, std::vector<Access>& in) const {
    auto task = std::make_unique<WideTask>();
    task->depth = static_cast<int>(depth);
    task->columns = static_cast<int>(columns);
    task->left = left.type;
    task->right = right.type;
    task->left_zero = left_zero_;
    task->right_zero = right_zero_;
    task->offset = b.offset;
    task->batch_stride = access.batch_stride;
    task->depth_stride = b.strides[b.rank() - 2];
    task->column_stride = b.strides[b.rank() - 1];
    task->finish = finish;
    in.push_back(whole(b));
    return task;
  }

  std::unique_ptr<Task> product_task(Binder& binder, const Value& left, const Value& right, const View& b, const Access& access,
                                     int64_t batch, Mode mode, int64_t depth, int64_t columns, const Finish& finish,
                                     std::vector<Access>& in) const {
    auto task = std::make_unique<ProductTask>();
    task->shape = {mode, static_cast<int>(depth), static_cast<int>(columns)};
    task->type = left.type;
    task->finish = finish;
    task->left_zero = left_zero_;
    task->right_zero = right_zero_;
    task->shift = packed_shift(mode, right.type, right_zero_);
    auto pack = std::make_unique<PackTask>();
    pack->prepares = true;
    pack->shape = task->shape;
    pack->type = right.type;
    pack->offset = b.offset;
    pack->batch_stride = access.batch_stride;
    pack->depth_stride = b.strides[b.rank() - 2];
    pack->column_stride = b.strides[b.rank() - 1];
    pack->shift = task->shift;
    pack->sums = staged_offset(mode, left.type) + left_zero_ != 0;
    RowSpace space;
    space.batch = access.batch_stride == 0 ? 1 : batch;
    space.rows = task->shape.groups();
    space.columns = task->shape.group_bytes();
    Axes shape{space.batch, space.rows, space.columns};
    if (space.batch > 1) space.batch_axes = {0};
    space.row_axes = {1};
    space.column_axes = {2};
    const View packed = binder.add(std::move(pack), name, "pack", space, binder.make(Type::u8, space), {whole(b)}, shape);
    in.push_back(whole(packed));
    in.back().batch_stride = space.batch > 1 ? space.rows * space.columns : 0;
    return task;
  }

  const Kernels& kernels_;
  int bits_;
  bool is_signed_;
  Finish finish_;
  int64_t left_zero_ = 0, right_zero_ = 0;
};

}  // namespace

std::unique_ptr<Operator> make_matmul(const Record& record, const Kernels& kernels) {
  return std::make_unique<MatMul>(record, kernels);
}

}  // namespace earnest
