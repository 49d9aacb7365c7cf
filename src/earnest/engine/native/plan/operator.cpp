#include "plan/operator.h"

#include <utility>

namespace earnest {

Value Operator::bind_with(Binder& binder, const Operator& maker, const Operands& of_maker, int place,
                          const Operands& others) const {
  const Value made = maker.bind(binder, of_maker);
  Operands operands = others;
  operands.insert(operands.begin() + place, &made);
  return bind(binder, operands);
}

Value Operator::made(Binder& binder, std::unique_ptr<Task> task, Width width, const RowSpace& space, Vector<Access> in,
                     const Axes& shape) const {
  const int storage = binder.make(width.type(), space);
  return {binder.add(std::move(task), name, kind.c_str(), space, storage, std::move(in), shape), width};
}

Value Operator::made_in_rows(Binder& binder, std::unique_ptr<Task> task, Width width, const View& operand, int64_t rows,
                             int64_t columns, int64_t out_columns, const Axes& shape) const {
  View read;
  Vector<Access> in(1);
  if (!binder.dense(operand, name).reshaped({rows, columns}, read) ||
      !express(read, space_of_axes(read.shape, 1, 0), in[0]))
    refuse(name + ": a bug of the planner: a dense operand that cannot be read in rows");
  const Axes out{rows, out_columns};
  Value value = made(binder, std::move(task), width, space_of_axes(out, 1, 0), in, out);
  const View view = value.view;
  if (!view.reshaped(shape, value.view))
    refuse(name + ": a bug of the planner: a dense result that has no other shape");
  return value;
}

}  // namespace earnest
