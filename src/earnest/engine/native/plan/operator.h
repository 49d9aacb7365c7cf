// An operator of a program, ready for any length: its constants as the kernels want them.
#pragma once

#include <memory>
#include <string>

#include "plan/binder.h"
#include "program/record.h"

namespace earnest {

struct Value {
  View view;
  Width width;
  int64_t row_sum = 0;  // no row of |codes| sums to more; 0: unknown

  Type type() const { return width.type(); }
};

using Operands = Vector<const Value*>;

class Operator {
 public:
  explicit Operator(const Record& record) : name(record.name), kind(record.kind), inputs(record.inputs) {}
  virtual ~Operator() = default;
  // The value for its operands' values; adds the tasks that make it.
  virtual Value bind(Binder& binder, const Operands& operands) const = 0;
  virtual int64_t weight_bytes() const { return 0; }

  // Whether this operator can be bound together with the one that makes its operand `place`, which nobody else reads.
  virtual bool absorbs(const Operator& /*maker*/, int /*place*/) const { return false; }
  // The value of both, from the operands of the maker and the other operands of this one.
  virtual Value bind_with(Binder& binder, const Operator& maker, const Operands& of_maker, int place,
                          const Operands& others) const;

  std::string name, kind;
  Vector<int> inputs;

 protected:
  // The value that a task makes over the rows of a space, in a storage of its own.
  Value made(Binder& binder, std::unique_ptr<Task> task, Width width, const RowSpace& space, Vector<Access> in,
             const Axes& shape) const;

  // The same over dense rows: `columns` codes of the operand for each row of the result.
  Value made_in_rows(Binder& binder, std::unique_ptr<Task> task, Width width, const View& operand, int64_t rows,
                     int64_t columns, int64_t out_columns, const Axes& shape) const;
};

}  // namespace earnest
