// E13, add: y = clamp(z + shift_round(sum of (x_i - z_i) m_i, s)). One that sums an accumulator that is handed on (E12)
// is bound together with the product, which adds while the accumulator is in a register.
#include <algorithm>
#include <cstdlib>

#include "families/elementwise.h"
#include "families/matrix_product.h"
#include "families/unrounded.h"
#include "makers.h"
#include "weights/requantizer.h"

namespace earnest {
namespace {

class AddTask : public ElementTask {
 public:
  Vector<int64_t> zero_points, multipliers;
  Sum sum{};

  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    Term terms[kMostOperands];
    const int number = static_cast<int>(in.size());
    for (int i = 0; i < number; ++i) {
      const bool one = in[i].column_stride == 0;
      terms[i] = {codes[i], types[i], one, static_cast<int32_t>(zero_points[i]), multipliers[i]};
    }
    if (number == 2 && terms[0].broadcast && !terms[1].broadcast) std::swap(terms[0], terms[1]);
    tile.kernels->add(terms, number, count, sum, out);
  }
};

// Whether the value has the shape of the product of two operands.
bool has_shape_of_product(const View& view, const View& a, const View& b) {
  if (a.rank() != view.rank() || b.rank() != view.rank()) return false;
  const int row = a.rank() - 2;
  for (int axis = 0; axis < a.rank(); ++axis) {
    const int64_t outer = std::max(a.shape[axis], b.shape[axis]);
    const int64_t extent = axis < row ? outer : axis == row ? a.shape[axis] : b.shape[axis];
    if (view.shape[axis] != extent) return false;
  }
  return true;
}

class Add : public Elementwise {
 public:
  explicit Add(const Record& record)
      : Elementwise(record, record.width()),
        zero_points_(record.list("zero_points")),
        multipliers_(record.list("multipliers")) {
    const Range range = width_.range();
    sum_ = {record.small("shift"),
            record.small("zero_point"),
            static_cast<int32_t>(range.low),
            static_cast<int32_t>(range.high),
            false,
            width_.type()};
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    auto task = std::make_unique<AddTask>();
    Vector<View> views;
    Vector<Type> types;
    Axes shape;
    int64_t largest = half();
    task->sum = sum_;
    for (int i = 0; i < operands.size(); ++i) {
      const Value& x = *operands[i];
      views.push_back(x.view);
      types.push_back(x.type());
      shape = broadcast_shapes(shape, x.view.shape);
      if (std::abs(multipliers_.at(i)) > INT32_MAX || x.type() == Type::u32) task->sum.wide = true;
      else largest += x.width.centred(zero_points_.at(i)) * std::abs(multipliers_[i]);
    }
    if (leaves_32_bits(largest, sum_.shift, sum_.zero_point)) task->sum.wide = true;
    task->zero_points = zero_points_;
    task->multipliers = multipliers_;
    return make(binder, views, shape, std::move(task), types);
  }

  bool absorbs(const Operator& maker, int place) const override {
    const auto* product = dynamic_cast<const MatrixProduct*>(&maker);
    return product != nullptr && product->hands_on() && zero_points_.size() == 2 && inputs[0] != inputs[1] && place < 2;
  }

  Value bind_with(Binder& binder, const Operator& maker, const Operands& of_maker, int place,
                  const Operands& others) const override {
    const Value& other = *others[0];
    const int rest = 1 - place;
    const Addition addition{multipliers_[place],
                            multipliers_[rest],
                            half() - zero_points_[0] * multipliers_[0] - zero_points_[1] * multipliers_[1],
                            sum_.shift,
                            sum_.zero_point,
                            sum_.low,
                            sum_.high,
                            sum_.type,
                            nullptr,
                            0};
    Value sum;
    if (binder.kernels().adds && fits(other, place, rest) &&
        has_shape_of_product(other.view, of_maker[0]->view, of_maker[1]->view) &&
        static_cast<const MatrixProduct&>(maker).bind_sum(binder, of_maker, other, addition, width_, sum))
      return sum;
    return Operator::bind_with(binder, maker, of_maker, place, others);
  }

 private:
  int64_t half() const { return int64_t{1} << (sum_.shift - 1); }

  // Whether the kernel has room for the sum of an accumulator and the other operand, which must be one too.
  bool fits(const Value& other, int place, int rest) const {
    const int64_t own = (kLargestAccumulator + std::abs(zero_points_[place])) * std::abs(multipliers_[place]);
    const int64_t others = other.width.centred(zero_points_[rest]) * std::abs(multipliers_[rest]);
    return std::abs(multipliers_[0]) <= INT32_MAX && std::abs(multipliers_[1]) <= INT32_MAX &&
           other.type() == Type::i32 && !leaves_32_bits(half() + own + others, sum_.shift, sum_.zero_point);
  }

  Vector<int64_t> zero_points_, multipliers_;
  Sum sum_{};
};

}  // namespace

OperatorPtr make_add(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Add>(record); }

}  // namespace earnest
