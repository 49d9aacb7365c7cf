// Operators that carry a state from step to step. A row is one batch: all of its steps side by side, each of which
// reads the hidden state before it.
#pragma once

#include <memory>

#include "kernels/arithmetic.h"
#include "plan/operator.h"
#include "weights/weights.h"

namespace earnest {

// Gates and arguments are codes of 16 signed bits; sums of them saturate.
inline int16_t saturated(int64_t value) { return static_cast<int16_t>(clamp(value, INT16_MIN, INT16_MAX)); }

struct RecurrentConstants {
  Vector<int32_t> sigmoid, tanh;
  int64_t multiplier = 0, zero_point = 0;
  int shift = 1;
  Width width;  // of the hidden state
  bool reverse = false;
};

class RecurrentTask : public Task {
 public:
  const Weights* weights = nullptr;
  const RecurrentConstants* constants = nullptr;
  int units = 1, rows_of_weights = 1;
  int64_t steps = 1;

  int64_t workspace(int rows) const override;
  void run(const Tile& tile) const override;

 protected:
  // What one step makes and reads: arguments and gates of all rows, then what is carried and its tangent.
  struct Buffers {
    int16_t *recurrent, *arguments, *gates, *carried, *bent;
  };

  // What is carried on, and the hidden state before it is requantized, which `hide` is given unit by unit.
  virtual void advance(const Kernels& kernels, const int16_t* x, const Buffers& now, char* hidden) const = 0;

  void hide(char* hidden, int unit, int64_t value) const {
    const RecurrentConstants& c = *constants;
    const Range range = c.width.range();
    const int64_t code = c.zero_point + shift_round(value * c.multiplier, c.shift);
    store_code(hidden, c.width.type(), unit, clamp(code, range.low, range.high));
  }
  // The sigmoid, and the tangent, of some arguments.
  void open(const Kernels& kernels, const int16_t* arguments, int count, int16_t* gates) const;
  void bend(const Kernels& kernels, const int16_t* arguments, int count, int16_t* gates) const;

 private:
  int64_t buffer_bytes() const;
  void sequence(const Tile& tile, const char* from, char* to) const;
};

class Recurrence : public Operator {
 public:
  Recurrence(const Record& record, const Kernels& kernels);

  Value bind(Binder& binder, const Operands& operands) const override;
  int64_t weight_bytes() const override;

 private:
  virtual std::unique_ptr<RecurrentTask> task() const = 0;

  int64_t units_, rows_;
  Weights weights_;
  RecurrentConstants constants_;
};

// The recurrence whose steps are tasks of one class.
template <class T>
class RecurrenceOf : public Recurrence {
 public:
  using Recurrence::Recurrence;

 private:
  std::unique_ptr<RecurrentTask> task() const override { return std::make_unique<T>(); }
};

}  // namespace earnest
