// E24, constant: codes that the program holds.
#include "makers.h"

namespace earnest {
namespace {

// The law's constants are signed and of 16 bits at most; here they may be of any width, as tests of operators need
// them.
Width width_of(const Record& record) {
  const auto found = record.integers.find("signed");
  return {record.small("bits"), found == record.integers.end() || found->second != 0};
}

class Constant : public Operator {
 public:
  explicit Constant(const Record& record)
      : Operator(record),
        width_(width_of(record)),
        codes_(record.array("codes").size() * size_of(width_.type())) {
    const Array& codes = record.array("codes");
    for (const int64_t extent : codes.shape) shape_.push(extent);
    for (int64_t i = 0; i < codes.size(); ++i) store_code(codes_.data(), width_.type(), i, codes[i]);
  }

  Value bind(Binder& binder, const Operands& /*operands*/) const override {
    return {dense_view(binder.add_constant(width_.type(), shape_, codes_.data()), shape_), width_};
  }

  int64_t weight_bytes() const override { return codes_.size(); }

 private:
  Width width_;
  Axes shape_;
  Vector<char> codes_;
};

}  // namespace

OperatorPtr make_constant(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<Constant>(record);
}

}  // namespace earnest
