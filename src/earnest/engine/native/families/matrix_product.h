// An operator that is a product of two activations: E12, and E20 whose weights are not normalised.
#pragma once

#include <memory>

#include "families/product_tasks.h"
#include "plan/operator.h"

namespace earnest {

class MatrixProduct : public Operator {
 public:
  // With `mean` the weights of a row, the codes of the left operand, divide it by their sum.
  MatrixProduct(const Record& record, const Kernels& kernels, int64_t left_zero, bool mean);

  // Whether the result is the accumulator itself, so that an addition can take it before it is stored.
  bool hands_on() const { return finish_.hand_on && right_zero_ == 0; }

  Value bind(Binder& binder, const Operands& operands) const override;

  // E13 of the accumulator and of `other`, in one task; false, and nothing is bound, where that cannot be.
  bool bind_sum(Binder& binder, const Operands& operands, const Value& other, const Addition& addition, Width width,
                Value& sum) const;

 private:
  Value bind(Binder& binder, const Operands& operands, const Access* other, const Addition* addition) const;
  int64_t bound(const Value& left, const Value& right, int64_t depth) const;
  Mode mode_of(const Value& left, const Value& right, int64_t depth) const;
  std::unique_ptr<Task> wide_task(Type left, const Matrix& matrix, int64_t depth, int64_t columns,
                                  const Finish& finish) const;
  std::unique_ptr<Task> product_task(Type left, Type right, const ProductShape& shape, const Finish& finish) const;
  Access packed(Binder& binder, Type left, const Matrix& matrix, const View& view, int64_t batch,
                const ProductShape& shape) const;

  const Kernels& kernels_;
  Width width_;
  Finish finish_;
  int64_t left_zero_, right_zero_;
};

}  // namespace earnest
