// E11 over one or two axes: what runs it is chosen by its geometry.
#pragma once

#include <memory>

#include "families/depthwise.h"
#include "families/windows.h"
#include "plan/operator.h"

namespace earnest {

class Convolution : public Operator {
 public:
  Convolution(const Record& record, const Kernels& kernels, int rank);

  Value bind(Binder& binder, const Operands& operands) const override;
  int64_t weight_bytes() const override;

 private:
  Vector<int8_t> reordered(const Array& weight) const;
  View channels_last(Binder& binder, const View& view) const;
  RowSpace positions(const Axes& shape) const;
  std::unique_ptr<Task> linear(const View& view, const RowSpace& space, Type type, Access& access) const;
  std::unique_ptr<Task> windows(const View& view, const Axes& shape, Type type) const;

  Geometry geometry_;
  int rank_;
  Width width_;
  bool depthwise_ = false;
  int64_t columns_ = 1;
  Vector<Weights> weights_;
  DepthwiseWeights depthwise_weights_;
};

}  // namespace earnest
