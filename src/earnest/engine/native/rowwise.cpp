// Operators over the last axis: E18 softmax, E19 exponential, E21 layer_norm, E28 rms_norm.
#include <algorithm>
#include <cstring>

#include "operator.h"
#include "weights.h"

namespace earnest {
namespace {

class Rowwise : public Operator {
 public:
  Rowwise(const Record& record, int bits, bool is_signed) : Operator(record), kind_(record.kind), bits_(bits), is_signed_(is_signed) {}

 protected:
  // `queries`: rows are the axis before the last and nothing else, as a mask needs them.
  template <class T>
  Value make(Binder& binder, const Value& x, std::unique_ptr<T> task, bool queries) const {
    std::vector<View> views{x.view};
    const Axes& shape = x.view.shape;
    const int last = shape.count - 1;
    if (last < 0) refuse(name + ": expected an axis to go over");
    if (views[0].strides[last] != 1 && shape[last] != 1) views[0] = binder.dense(views[0], name);
    std::vector<Access> accesses(1);
    RowSpace space;
    if (queries) {
      space = space_of_axes(shape, 1, shape.count - 2);
      if (!express(views[0], space, accesses[0])) {
        views[0] = binder.dense(views[0], name);
        express(views[0], space, accesses[0]);
      }
    } else {
      space = binder.share(views, shape, true, name, accesses);
    }
    const Type type = container(bits_, is_signed_);
    task->columns = static_cast<int>(space.columns);
    task->type = x.type;
    if (queries) task->seen_by_first = task->columns - static_cast<int>(space.rows) + 1;
    return {binder.add(std::move(task), name, kind_.c_str(), space, binder.make(type, space), accesses, shape), type, bits_, is_signed_, 0};
  }

  std::string kind_;
  int bits_;
  bool is_signed_;
};

class RowTask : public Task {
 public:
  int columns = 1;
  Type type = Type::i8;
  int seen_by_first = 0;  // keys that the first query sees; 0: every row sees all

 protected:
  int seen(const Tile& tile, int row) const {
    return seen_by_first == 0 ? columns : seen_by_first + static_cast<int>(tile.first) + row;
  }
};

class NormTask : public RowTask {
 public:
  Norm norm{};
  void run(const Tile& tile) const override {
    tile.kernels->normalise(tile.in[0].data, type, tile.in[0].step, tile.rows, columns, norm, tile.out.data, tile.out.step);
  }
};

class RowNorm : public Rowwise {
 public:
  explicit RowNorm(const Record& record) : Rowwise(record, record.small("bits"), record.integer("signed") != 0) {
    const Array &multiplier = record.array("multiplier"), &shift = record.array("shift"), &bias = record.array("bias");
    const int64_t count = multiplier.size();
    const size_t padded = static_cast<size_t>((count + kGroup - 1) / kGroup * kGroup);
    multiplier_.assign(padded, 0);
    shift_.assign(padded, 1);
    bias_.assign(padded, 0);
    const Range range = code_range(bits_, is_signed_);
    norm_.epsilon = record.integer("epsilon");
    norm_.centred = record.kind == "layer_norm";
    norm_.input_zero_point = norm_.centred ? 0 : record.small("input_zero_point");
    norm_.zero_point = record.small("zero_point");
    norm_.low = static_cast<int32_t>(range.low);
    norm_.high = static_cast<int32_t>(range.high);
    norm_.type = container(bits_, is_signed_);
    int64_t root = 1;
    while (root * root <= count) ++root;
    const int64_t normalised = (root + 1) << 15;
    norm_.wide = count << record.integer("input_bits") > INT32_MAX || normalised > INT32_MAX;
    for (int64_t c = 0; c < count; ++c) {
      const int s = static_cast<int>(shift[c]);
      const size_t at = static_cast<size_t>(lane(static_cast<int>(c)));
      multiplier_[static_cast<size_t>(c)] = static_cast<int32_t>(multiplier[c]);
      shift_[at] = static_cast<uint8_t>(s);
      bias_[at] = bias[c] + (int64_t{1} << (s - 1));
      const int64_t scaled = std::abs(multiplier[c]) * normalised;
      if ((scaled >> s) + (std::abs(bias[c]) >> s) + 3 + std::abs(int64_t{norm_.zero_point}) > INT32_MAX) norm_.wide = true;
    }
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    auto task = std::make_unique<NormTask>();
    task->norm = norm_;
    task->norm.multiplier = multiplier_.data();
    task->norm.shift = shift_.data();
    task->norm.bias = bias_.data();
    return make(binder, *operands[0], std::move(task), false);
  }

  size_t weight_bytes() const override { return multiplier_.size() * 4 + shift_.size() + bias_.size() * 8; }

 private:
  std::vector<int32_t> multiplier_;
  std::vector<uint8_t> shift_;
  std::vector<int64_t> bias_;
  Norm norm_{};
};

class SoftmaxTask : public RowTask {
 public:
  SoftmaxTables tables{};
  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) {
      const int count = seen(tile, row);
      int16_t* out = reinterpret_cast<int16_t*>(tile.out.data + row * tile.out.step);
      tile.kernels->softmax(tile.in[0].data + row * tile.in[0].step, type, count, tables, out);
      std::fill(out + count, out + columns, int16_t{0});
    }
  }
};

class Softmax : public Rowwise {
 public:
  explicit Softmax(const Record& record)
      : Rowwise(record, 16, true), masked_(record.integer("masked") != 0), fine_bits_(record.small("fine_bits")),
        coarse_(entries(record.array("coarse"))), fine_(entries(record.array("fine"))) {
    count_ = static_cast<int>(coarse_.size());
    while (count_ > 1 && coarse_[static_cast<size_t>(count_) - 1] == 0) --count_;
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    auto task = std::make_unique<SoftmaxTask>();
    task->tables = {coarse_.data(), fine_.data(), fine_bits_, count_};
    Value value = make(binder, *operands[0], std::move(task), masked_);
    const int64_t keys = value.view.shape[value.view.rank() - 1];
    value.row_sum = 32767 + (keys + 1) / 2;
    return value;
  }

 private:
  static std::vector<uint16_t> entries(const Array& array) {
    std::vector<uint16_t> found(static_cast<size_t>(std::max<int64_t>(array.size(), 256)));
    for (int64_t i = 0; i < array.size(); ++i) found[static_cast<size_t>(i)] = static_cast<uint16_t>(array[i]);
    return found;
  }

  bool masked_;
  int fine_bits_, count_ = 0;
  std::vector<uint16_t> coarse_, fine_;
};

class ExponentialTask : public RowTask {
 public:
  const uint8_t* entries = nullptr;
  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) {
      const int count = seen(tile, row);
      uint8_t* out = reinterpret_cast<uint8_t*>(tile.out.data + row * tile.out.step);
      tile.kernels->exponential(tile.in[0].data + row * tile.in[0].step, type, count, entries, out);
      std::fill(out + count, out + columns, uint8_t{0});
    }
  }
};

class Exponential : public Rowwise {
 public:
  explicit Exponential(const Record& record) : Rowwise(record, 8, false), masked_(record.integer("masked") != 0), entries_(256) {
    const Array& table = record.array("table");
    for (int64_t i = 0; i < table.size(); ++i) entries_.at(static_cast<size_t>(i)) = static_cast<uint8_t>(table[i]);
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    auto task = std::make_unique<ExponentialTask>();
    task->entries = entries_.data();
    return make(binder, *operands[0], std::move(task), masked_);
  }

 private:
  bool masked_;
  std::vector<uint8_t> entries_;
};

}  // namespace

std::unique_ptr<Operator> make_rowwise(const Record& record) {
  if (record.kind == "layer_norm" || record.kind == "rms_norm") return std::make_unique<RowNorm>(record);
  if (record.kind == "softmax") return std::make_unique<Softmax>(record);
  return std::make_unique<Exponential>(record);
}

}  // namespace earnest
