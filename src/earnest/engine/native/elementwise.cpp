// Operators that make each code from codes in the same place: E13 add, E14 mul, E15 table, E16 interpolated_table, E17 glu.
#include <algorithm>
#include <cstring>

#include "matmul.h"

namespace earnest {
namespace {

// A task whose operands are read in its rows. Where nothing is broadcast and rows lie behind each other in all of them,
// the tile is one long row.
class ElementTask : public Task {
 public:
  int64_t columns = 1;
  std::vector<Type> types;
  Type out_type = Type::i8;

  void run(const Tile& tile) const override {
    bool together = tile.out.step == columns * size_of(out_type);
    for (size_t i = 0; i < in.size(); ++i)
      together = together && in[i].column_stride == 1 && tile.in[i].step == columns * size_of(types[i]);
    const int rows_at_once = together ? tile.rows : 1;
    for (int row = 0; row < tile.rows; row += rows_at_once) {
      const char* codes[kMostOperands];
      for (size_t i = 0; i < in.size(); ++i) codes[i] = tile.in[i].data + row * tile.in[i].step;
      line(tile, codes, static_cast<int>(columns) * rows_at_once, tile.out.data + row * tile.out.step);
    }
  }

  virtual void line(const Tile& tile, const char* const* codes, int count, char* out) const = 0;

 protected:
  // A kernel reads codes in their places; one code for the row is spread out before.
  const char* spread(const char* codes, size_t operand, int count, char* workspace) const {
    if (in[operand].column_stride == 1) return codes;
    for (int i = 0; i < count; ++i) std::memcpy(workspace + i * size_of(types[operand]), codes, static_cast<size_t>(size_of(types[operand])));
    return workspace;
  }
};

class Elementwise : public Operator {
 public:
  explicit Elementwise(const Record& record) : Operator(record), kind_(record.kind.c_str()), bits_(record.small("bits")), is_signed_(true) {
    const auto found = record.integers.find("signed");
    is_signed_ = found == record.integers.end() || found->second != 0;
    range_ = code_range(bits_, is_signed_);
  }

 protected:
  Value make(Binder& binder, std::vector<View> views, const Axes& shape, std::unique_ptr<ElementTask> task, const std::vector<Type>& types) const {
    for (View& view : views) view = view.broadcast(shape);
    std::vector<Access> accesses;
    const RowSpace space = binder.share(views, shape, false, name, accesses);
    const Type type = container(bits_, is_signed_);
    task->columns = space.columns;
    task->types = types;
    task->out_type = type;
    return {binder.add(std::move(task), name, kind_.c_str(), space, binder.make(type, space), accesses, shape), type, bits_, is_signed_, 0};
  }

  Scale scale(const Record& record, int64_t largest) const {
    Scale s{record.integer("multiplier"), record.small("shift"), record.small("zero_point"), static_cast<int32_t>(range_.low),
            static_cast<int32_t>(range_.high), false, container(bits_, is_signed_)};
    const int64_t product = std::min(largest, int64_t{1} << 46) * std::abs(s.multiplier);
    s.wide = largest > INT32_MAX || (product >> s.shift) + 1 + std::abs(int64_t{s.zero_point}) > INT32_MAX;
    return s;
  }

  std::string kind_;
  int bits_;
  bool is_signed_;
  Range range_{};
};

class AddTask : public ElementTask {
 public:
  std::vector<int64_t> zero_points, multipliers;
  Sum sum{};

  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    Term terms[kMostOperands];
    const size_t number = in.size();
    for (size_t i = 0; i < number; ++i)
      terms[i] = {codes[i], types[i], in[i].column_stride == 0, static_cast<int32_t>(zero_points[i]), multipliers[i]};
    if (number == 2 && terms[0].broadcast && !terms[1].broadcast) std::swap(terms[0], terms[1]);
    tile.kernels->add(terms, static_cast<int>(number), count, sum, out);
  }
};

class Add : public Elementwise {
 public:
  explicit Add(const Record& record)
      : Elementwise(record), zero_points_(record.list("zero_points")), multipliers_(record.list("multipliers")),
        sum_{record.small("shift"), record.small("zero_point"), static_cast<int32_t>(range_.low), static_cast<int32_t>(range_.high), false,
             container(bits_, is_signed_)} {}

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    auto task = std::make_unique<AddTask>();
    std::vector<View> views;
    std::vector<Type> types;
    Axes shape;
    int64_t largest = int64_t{1} << (sum_.shift - 1);
    task->sum = sum_;
    for (size_t i = 0; i < operands.size(); ++i) {
      const Value& x = *operands[i];
      views.push_back(x.view);
      types.push_back(x.type);
      shape = broadcast_shapes(shape, x.view.shape);
      if (std::abs(multipliers_.at(i)) > INT32_MAX || x.type == Type::u32) task->sum.wide = true;
      else largest += x.centred(zero_points_.at(i)) * std::abs(multipliers_[i]);
    }
    if ((largest >> sum_.shift) + 1 + std::abs(int64_t{sum_.zero_point}) > INT32_MAX) task->sum.wide = true;
    task->zero_points = zero_points_;
    task->multipliers = multipliers_;
    return make(binder, views, shape, std::move(task), types);
  }

  bool absorbs(const Operator& maker, size_t place) const override {
    const auto* product = dynamic_cast<const HandedOn*>(&maker);
    return product != nullptr && product->hands_on() && zero_points_.size() == 2 && inputs[0] != inputs[1] && place < 2;
  }

  Value bind_with(Binder& binder, const Operator& maker, const std::vector<const Value*>& of_maker, size_t place,
                  const std::vector<const Value*>& others) const override {
    const Value& other = *others[0];
    const size_t rest = 1 - place;
    Value sum;
    // The accumulator has 24 bits; the other operand must have too, and the shape of the product.
    const int64_t half = int64_t{1} << (sum_.shift - 1);
    const int64_t largest = half + ((int64_t{1} << 23) + std::abs(zero_points_[place])) * std::abs(multipliers_[place]) +
                            other.centred(zero_points_[rest]) * std::abs(multipliers_[rest]);
    const bool fits = std::abs(multipliers_[0]) <= INT32_MAX && std::abs(multipliers_[1]) <= INT32_MAX && other.type == Type::i32 &&
                      (largest >> sum_.shift) + 1 + std::abs(int64_t{sum_.zero_point}) <= INT32_MAX;
    const View &a = of_maker[0]->view, &b = of_maker[1]->view;
    bool same = a.rank() == other.view.rank() && b.rank() == a.rank();
    for (int axis = 0; same && axis < a.rank(); ++axis) {
      const int64_t extent = axis < a.rank() - 2 ? std::max(a.shape[axis], b.shape[axis]) : axis == a.rank() - 2 ? a.shape[axis] : b.shape[axis];
      same = other.view.shape[axis] == extent;
    }
    const Addition addition{multipliers_[place], multipliers_[rest],
                            half - zero_points_[0] * multipliers_[0] - zero_points_[1] * multipliers_[1], sum_.shift, sum_.zero_point,
                            sum_.low, sum_.high, sum_.type, nullptr, 0};
    const auto& product = static_cast<const HandedOn&>(maker);
    if (binder.kernels().adds && fits && same && product.bind_sum(binder, of_maker, other, addition, bits_, is_signed_, sum)) return sum;
    return Operator::bind_with(binder, maker, of_maker, place, others);
  }

 private:
  std::vector<int64_t> zero_points_, multipliers_;
  Sum sum_;
};

class MultiplyTask : public ElementTask {
 public:
  int32_t left_zero = 0, right_zero = 0;
  Scale scale{};
  size_t workspace(int rows) const override {
    (void)rows;
    return 2 * aligned(static_cast<size_t>(columns) * 4);
  }
  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* left = spread(codes[0], 0, count, tile.workspace);
    const char* right = spread(codes[1], 1, count, tile.workspace + aligned(static_cast<size_t>(columns) * 4));
    tile.kernels->multiply(left, types[0], left_zero, right, types[1], right_zero, count, scale, out);
  }
};

// Products that leave 32 bits: of codes of 16 bits and more.
class WideMultiplyTask : public MultiplyTask {
 public:
  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    (void)tile;
    for (int i = 0; i < count; ++i) {
      const int64_t a = load_code(codes[0], types[0], in[0].column_stride * i) - left_zero;
      const int64_t b = load_code(codes[1], types[1], in[1].column_stride * i) - right_zero;
      const int64_t code = ((a * b * scale.multiplier + (int64_t{1} << (scale.shift - 1))) >> scale.shift) + scale.zero_point;
      store_code(out, scale.type, i, std::min<int64_t>(std::max<int64_t>(code, scale.low), scale.high));
    }
  }
};

class Multiply : public Elementwise {
 public:
  explicit Multiply(const Record& record) : Elementwise(record), record_(record) {}

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    const Value &a = *operands[0], &b = *operands[1];
    const int64_t left_zero = record_.integer("left_zero_point"), right_zero = record_.integer("right_zero_point");
    const int64_t largest = a.centred(left_zero) * b.centred(right_zero);
    std::unique_ptr<MultiplyTask> task = largest > INT32_MAX ? std::make_unique<WideMultiplyTask>() : std::make_unique<MultiplyTask>();
    task->left_zero = static_cast<int32_t>(left_zero);
    task->right_zero = static_cast<int32_t>(right_zero);
    task->scale = scale(record_, largest);
    return make(binder, {a.view, b.view}, broadcast_shapes(a.view.shape, b.view.shape), std::move(task), {a.type, b.type});
  }

 private:
  Record record_;
};

// Every byte has an entry, those that are no code of a narrow width too: they do not occur.
std::vector<uint8_t> entries_of_bytes(const Array& entries, int bits, bool is_signed, int entry_bytes) {
  std::vector<uint8_t> table(static_cast<size_t>(256 * entry_bytes) + 64);
  const Range range = code_range(bits, is_signed);
  for (int64_t code = range.low; code <= range.high; ++code) {
    const uint8_t byte = static_cast<uint8_t>(static_cast<uint8_t>(code) ^ (is_signed ? 0x80 : 0));
    const int64_t entry = entries[code - range.low];
    std::memcpy(table.data() + byte * entry_bytes, &entry, static_cast<size_t>(entry_bytes));
  }
  return table;
}

class TableTask : public ElementTask {
 public:
  const uint8_t* entries = nullptr;
  uint8_t flip = 0;
  size_t workspace(int rows) const override {
    (void)rows;
    return aligned(static_cast<size_t>(columns));
  }
  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* from = spread(codes[0], 0, count, tile.workspace);
    tile.kernels->table(reinterpret_cast<const uint8_t*>(from), count, flip, entries, out_type, out);
  }
};

class Table : public Elementwise {
 public:
  explicit Table(const Record& record)
      : Elementwise(record), flip_(record.integer("input_signed") != 0 ? 0x80 : 0),
        entries_(entries_of_bytes(record.array("table"), record.small("input_bits"), flip_ != 0, size_of(container(bits_, true)))) {}

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    auto task = std::make_unique<TableTask>();
    task->entries = entries_.data();
    task->flip = flip_;
    return make(binder, {operands[0]->view}, operands[0]->view.shape, std::move(task), {operands[0]->type});
  }

 private:
  uint8_t flip_;
  std::vector<uint8_t> entries_;
};

class InterpolatedTask : public ElementTask {
 public:
  const int32_t* entries = nullptr;
  Range range{};
  size_t workspace(int rows) const override {
    (void)rows;
    return aligned(static_cast<size_t>(columns) * 2);
  }
  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* from = spread(codes[0], 0, count, tile.workspace);
    tile.kernels->interpolate(reinterpret_cast<const int16_t*>(from), count, entries, static_cast<int32_t>(range.low),
                              static_cast<int32_t>(range.high), out_type, out);
  }
};

class Interpolated : public Elementwise {
 public:
  explicit Interpolated(const Record& record) : Elementwise(record) {
    const Array& table = record.array("table");
    for (int64_t i = 0; i < table.size(); ++i) entries_.push_back(static_cast<int32_t>(table[i]));
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    auto task = std::make_unique<InterpolatedTask>();
    task->entries = entries_.data();
    task->range = range_;
    return make(binder, {operands[0]->view}, operands[0]->view.shape, std::move(task), {operands[0]->type});
  }

 private:
  std::vector<int32_t> entries_;
};

class GateTask : public ElementTask {
 public:
  const int16_t* entries = nullptr;
  uint8_t flip = 0;
  int32_t zero = 0;
  Scale scale{};
  size_t workspace(int rows) const override {
    (void)rows;
    return 2 * aligned(static_cast<size_t>(columns));
  }
  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* linear = spread(codes[0], 0, count, tile.workspace);
    const char* gate = spread(codes[1], 1, count, tile.workspace + aligned(static_cast<size_t>(columns)));
    tile.kernels->gate(reinterpret_cast<const uint8_t*>(linear), types[0], zero, reinterpret_cast<const uint8_t*>(gate), flip, entries, count,
                       scale, out);
  }
};

class Gate : public Elementwise {
 public:
  explicit Gate(const Record& record)
      : Elementwise(record), axis_(record.small("axis")), zero_(record.small("input_zero_point")),
        flip_(record.integer("input_signed") != 0 ? 0x80 : 0),
        entries_(entries_of_bytes(record.array("gate"), record.small("input_bits"), flip_ != 0, 2)) {
    const Array& gate = record.array("gate");
    scale_ = scale(record, (int64_t{1} << 9) * std::max(std::abs(gate.least()), std::abs(gate.most())));
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    const View& x = operands[0]->view;
    const int64_t half = x.shape[axis_] / 2;
    auto task = std::make_unique<GateTask>();
    task->entries = reinterpret_cast<const int16_t*>(entries_.data());
    task->flip = flip_;
    task->zero = zero_;
    task->scale = scale_;
    const View linear = x.sliced(axis_, 0, half, 1), gate = x.sliced(axis_, half, 2 * half, 1);
    return make(binder, {linear, gate}, linear.shape, std::move(task), {operands[0]->type, operands[0]->type});
  }

 private:
  int axis_;
  int32_t zero_;
  uint8_t flip_;
  std::vector<uint8_t> entries_;
  Scale scale_{};
};

}  // namespace

std::unique_ptr<Operator> make_elementwise(const Record& record) {
  if (record.kind == "add") return std::make_unique<Add>(record);
  if (record.kind == "mul") return std::make_unique<Multiply>(record);
  if (record.kind == "table") return std::make_unique<Table>(record);
  if (record.kind == "interpolated_table") return std::make_unique<Interpolated>(record);
  return std::make_unique<Gate>(record);
}

}  // namespace earnest
