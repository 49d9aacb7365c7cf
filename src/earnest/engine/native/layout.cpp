// E22 to E24: layout is another view of the same codes wherever strides can say it, a copy where they cannot.
#include "copy.h"

namespace earnest {
namespace {

class Layout : public Operator {
 public:
  explicit Layout(const Record& record) : Operator(record), record_(record) {}

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    Value value = *operands[0];
    value.row_sum = 0;
    value.view = moved(binder, value, operands);
    return value;
  }

 private:
  View moved(Binder& binder, const Value& x, const std::vector<const Value*>& operands) const {
    const View& view = x.view;
    if (record_.kind == "reshape") return reshaped(binder, view);
    if (record_.kind == "transpose") return view.permuted(record_.list("order"));
    if (record_.kind == "slice")
      return view.sliced(record_.small("axis"), record_.shape("start").at(0).at(binder.lengths()), record_.shape("stop").at(0).at(binder.lengths()),
                         record_.integer("step"));
    if (record_.kind == "relative_shift") return view.relative();
    if (record_.kind == "pad") return padded(binder, view);
    if (record_.kind == "concat") return joined(binder, operands);
    refuse(name + ": expected an operator of the law, got " + record_.kind);
  }

  View reshaped(Binder& binder, const View& view) const {
    Axes shape;
    for (const Dimension& dimension : record_.shape("shape")) shape.push(dimension.at(binder.lengths()));
    if (shape.product() != view.shape.product()) refuse(name + ": expected a shape of as many elements");
    View result;
    if (!view.reshaped(shape, result)) binder.dense(view, name).reshaped(shape, result);
    return result;
  }

  View padded(Binder& binder, const View& view) const {
    const std::vector<int64_t>&before = record_.list("before"), &after = record_.list("after");
    Axes shape = view.shape, at = view.shape;
    for (int axis = 0; axis < shape.count; ++axis) {
      at[axis] = before.at(static_cast<size_t>(axis));
      shape[axis] += at[axis] + after.at(static_cast<size_t>(axis));
    }
    const int64_t fill = record_.integer("zero_point");
    return copied(binder, {{view, at}}, shape, &fill, name);
  }

  View joined(Binder& binder, const std::vector<const Value*>& operands) const {
    const int axis = record_.small("axis");
    Axes shape = operands[0]->view.shape;
    shape[axis] = 0;
    std::vector<Piece> pieces;
    for (const Value* operand : operands) {
      if (operand->view.shape.product() == 0) continue;  // an input that is empty
      Axes at = shape;
      for (int i = 0; i < at.count; ++i) at[i] = 0;
      at[axis] = shape[axis];
      pieces.push_back({operand->view, at});
      shape[axis] += operand->view.shape[axis];
    }
    if (pieces.empty()) refuse(name + ": expected something to put behind each other");
    return copied(binder, pieces, shape, nullptr, name);
  }

  Record record_;
};

class Constant : public Operator {
 public:
  // The law's constants are signed and of 16 bits at most; here they may be of any width, as tests of operators need them.
  explicit Constant(const Record& record) : Operator(record), array_(record.array("codes")), bits_(record.small("bits")) {
    const auto found = record.integers.find("signed");
    is_signed_ = found == record.integers.end() || found->second != 0;
    const Type type = container(bits_, is_signed_);
    codes_.resize(static_cast<size_t>(array_.size() * size_of(type)));
    for (int64_t i = 0; i < array_.size(); ++i) store_code(codes_.data(), type, i, array_[i]);
    array_.data.reset();
  }

  Value bind(Binder& binder, const std::vector<const Value*>&) const override {
    Axes shape;
    for (int64_t extent : array_.shape) shape.push(extent);
    const Type type = container(bits_, is_signed_);
    return {dense_view(binder.add_constant(type, shape, codes_.data()), shape), type, bits_, is_signed_, 0};
  }

  size_t weight_bytes() const override { return codes_.size(); }

 private:
  Array array_;  // its shape; the codes are in `codes_`
  int bits_;
  bool is_signed_;
  std::vector<char> codes_;
};

}  // namespace

std::unique_ptr<Operator> make_layout(const Record& record) {
  if (record.kind == "constant") return std::make_unique<Constant>(record);
  return std::make_unique<Layout>(record);
}

}  // namespace earnest
