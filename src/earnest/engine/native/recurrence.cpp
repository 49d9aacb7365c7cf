// E29, lstm; E30, gru. A row is one batch: all of its steps side by side, each of which reads the hidden state before it.
#include <algorithm>

#include "linear.h"

namespace earnest {
namespace {

constexpr int32_t kLow = INT16_MIN, kHigh = INT16_MAX;

int64_t shift_round(int64_t value, int shift) { return (value + (int64_t{1} << (shift - 1))) >> shift; }

int16_t saturated(int64_t value) { return static_cast<int16_t>(std::clamp<int64_t>(value, kLow, kHigh)); }

// The recurrent product as a linear's: from codes of the result to 16 bits about 0.
Record as_linear(Record record) {
  record.integers["input_bits"] = record.integer("bits");
  record.integers["input_signed"] = record.integer("signed");
  record.integers["bits"] = 16;
  record.integers["signed"] = 1;
  record.integers["zero_point"] = 0;
  return record;
}

struct Constants {
  std::vector<int32_t> sigmoid, tanh;
  int64_t multiplier = 0, zero_point = 0;
  int shift = 1;
  Range range{};
  Type type = Type::i8;  // of the hidden state
  bool reverse = false;
};

class RecurrentTask : public Task {
 public:
  const Weights* weights = nullptr;
  const Constants* constants = nullptr;
  int units = 1, rows_of_weights = 1;
  int64_t steps = 1;

  size_t workspace(int) const override {
    return words(3 * rows_of_weights + 2 * units) + aligned(static_cast<size_t>(units) * 2) +
           aligned(static_cast<size_t>(weights->row_bytes())) + weights->workspace();
  }

  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) sequence(tile, tile.in[0].data + row * tile.in[0].step, tile.out.data + row * tile.out.step);
  }

 protected:
  // What one step makes and reads: arguments and gates of all rows, then what is carried and its tangent.
  struct Buffers {
    int16_t *recurrent, *arguments, *gates, *carried, *bent;
  };

  // What is carried on, and the hidden state before it is requantized, which `hide` is given unit by unit.
  virtual void advance(const Kernels& kernels, const int16_t* x, const Buffers& now, char* hidden) const = 0;

  void hide(char* hidden, int unit, int64_t value) const {
    const Constants& c = *constants;
    const int64_t code = c.zero_point + shift_round(value * c.multiplier, c.shift);
    store_code(hidden, c.type, unit, std::clamp(code, c.range.low, c.range.high));
  }

  void open(const Kernels& kernels, const int16_t* arguments, int count, int16_t* gates) const {
    kernels.interpolate(arguments, count, constants->sigmoid.data(), kLow, kHigh, Type::i16, gates);
  }

  void bend(const Kernels& kernels, const int16_t* arguments, int count, int16_t* gates) const {
    kernels.interpolate(arguments, count, constants->tanh.data(), kLow, kHigh, Type::i16, gates);
  }

 private:
  static size_t words(int count) { return aligned(static_cast<size_t>(count) * 2); }

  void sequence(const Tile& tile, const char* from, char* to) const {
    Buffers now{};
    now.recurrent = reinterpret_cast<int16_t*>(tile.workspace);
    now.arguments = now.recurrent + rows_of_weights;
    now.gates = now.arguments + rows_of_weights;
    now.carried = now.gates + rows_of_weights;
    now.bent = now.carried + units;
    char* first = tile.workspace + words(3 * rows_of_weights + 2 * units);
    char* staged = first + aligned(static_cast<size_t>(units) * 2);
    char* rest = staged + aligned(static_cast<size_t>(weights->row_bytes()));
    std::fill(now.carried, now.carried + units, int16_t{0});
    for (int unit = 0; unit < units; ++unit) store_code(first, constants->type, unit, constants->zero_point);
    weights->end(staged);
    const char* before = first;
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t step = constants->reverse ? steps - 1 - i : i;
      char* hidden = to + step * units * size_of(constants->type);
      weights->stage(*tile.kernels, before, constants->type, units, staged);
      weights->multiply(*tile.kernels, staged, 1, reinterpret_cast<char*>(now.recurrent), 0, rest);
      advance(*tile.kernels, reinterpret_cast<const int16_t*>(from) + step * rows_of_weights, now, hidden);
      before = hidden;
    }
  }
};

class LongShortTermMemory : public RecurrentTask {
 protected:
  void advance(const Kernels& kernels, const int16_t* x, const Buffers& now, char* hidden) const override {
    for (int k = 0; k < 4 * units; ++k) now.arguments[k] = saturated(int32_t{x[k]} + now.recurrent[k]);
    open(kernels, now.arguments, 2 * units, now.gates);
    bend(kernels, now.arguments + 2 * units, units, now.gates + 2 * units);
    open(kernels, now.arguments + 3 * units, units, now.gates + 3 * units);
    const int16_t *in = now.gates, *forget = in + units, *cell = forget + units, *out = cell + units;
    for (int k = 0; k < units; ++k) {
      const int64_t kept = int64_t{forget[k]} * now.carried[k] * 16;
      now.carried[k] = saturated(shift_round(kept + int64_t{in[k]} * cell[k], 19));
    }
    bend(kernels, now.carried, units, now.bent);
    for (int k = 0; k < units; ++k) hide(hidden, k, int64_t{out[k]} * now.bent[k]);
  }
};

class GatedRecurrentUnit : public RecurrentTask {
 protected:
  void advance(const Kernels& kernels, const int16_t* x, const Buffers& now, char* hidden) const override {
    for (int k = 0; k < 2 * units; ++k) now.arguments[k] = saturated(int32_t{x[k]} + now.recurrent[k]);
    open(kernels, now.arguments, 2 * units, now.gates);
    const int16_t *reset = now.gates, *update = reset + units;
    for (int k = 0; k < units; ++k) {
      const int64_t remembered = shift_round(int64_t{reset[k]} * now.recurrent[2 * units + k], 15);
      now.arguments[k] = saturated(x[2 * units + k] + remembered);
    }
    bend(kernels, now.arguments, units, now.bent);
    for (int k = 0; k < units; ++k) {
      const int64_t mean = (32768 - int64_t{update[k]}) * now.bent[k] + int64_t{update[k]} * now.carried[k];
      now.carried[k] = static_cast<int16_t>(shift_round(mean, 15));
      hide(hidden, k, now.carried[k]);
    }
  }
};

class Recurrence : public Operator {
 public:
  Recurrence(const Record& record, const Kernels& kernels)
      : Operator(record), kind_(record.kind), units_(record.array("weight").shape.at(1)), rows_(record.array("weight").shape.at(0)),
        weights_(as_linear(record), weight_codes(record), 0, rows_, units_, kernels), bits_(record.small("bits")),
        is_signed_(record.integer("signed") != 0) {
    constants_.sigmoid = entries(record.array("sigmoid"));
    constants_.tanh = entries(record.array("tanh"));
    constants_.multiplier = record.integer("output_multiplier");
    constants_.shift = record.small("output_shift");
    constants_.zero_point = record.integer("zero_point");
    constants_.range = code_range(bits_, is_signed_);
    constants_.type = container(bits_, is_signed_);
    constants_.reverse = record.integer("reverse") != 0;
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    const Value& x = *operands[0];
    const Axes& shape = x.view.shape;
    if (shape.count != 3 || shape[2] != rows_ || x.type != Type::i16)
      refuse(name + ": expected [batch, time, " + std::to_string(rows_) + "] of 16 signed bits");
    std::unique_ptr<RecurrentTask> task;
    if (kind_ == "lstm") task = std::make_unique<LongShortTermMemory>();
    else task = std::make_unique<GatedRecurrentUnit>();
    task->weights = &weights_;
    task->constants = &constants_;
    task->units = static_cast<int>(units_);
    task->rows_of_weights = static_cast<int>(rows_);
    task->steps = shape[1];
    View read, result;
    if (!binder.dense(x.view, name).reshaped({shape[0], shape[1] * rows_}, read))
      refuse(name + ": a bug of the planner: a dense operand that cannot be read in rows");
    std::vector<Access> accesses(1);
    if (!express(read, space_of_axes(read.shape, 1, 0), accesses[0])) refuse(name + ": a bug of the planner: rows that cannot be read");
    const Axes rows{shape[0], shape[1] * units_};
    const RowSpace space = space_of_axes(rows, 1, 0);
    const Type type = constants_.type;
    const View made = binder.add(std::move(task), name, kind_.c_str(), space, binder.make(type, space), accesses, rows);
    if (!made.reshaped({shape[0], shape[1], units_}, result)) refuse(name + ": a bug of the planner: a dense result that has no other shape");
    return {result, type, bits_, is_signed_, 0};
  }

  size_t weight_bytes() const override { return weights_.bytes() + 4 * (constants_.sigmoid.size() + constants_.tanh.size()); }

 private:
  static std::vector<int32_t> entries(const Array& array) {
    std::vector<int32_t> found;
    for (int64_t i = 0; i < array.size(); ++i) found.push_back(static_cast<int32_t>(array[i]));
    return found;
  }

  std::string kind_;
  int64_t units_, rows_;
  Weights weights_;
  int bits_;
  bool is_signed_;
  Constants constants_;
};

}  // namespace

std::unique_ptr<Operator> make_recurrence(const Record& record, const Kernels& kernels) {
  if (record.array("weight").shape.size() != 2) refuse(record.name + ": expected a weight of 2 axes");
  return std::make_unique<Recurrence>(record, kernels);
}

}  // namespace earnest
