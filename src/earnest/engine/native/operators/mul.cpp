// E14, mul: y = clamp(z + shift_round((a - z_a) (b - z_b) m, s)).
#include "families/elementwise.h"
#include "kernels/arithmetic.h"
#include "makers.h"
#include "memory/bytes.h"

namespace earnest {
namespace {

class MultiplyTask : public ElementTask {
 public:
  int32_t left_zero = 0, right_zero = 0;
  Scale scale{};

  int64_t workspace(int /*rows*/) const override { return 2 * aligned(columns * 4); }

  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* left = spread(codes[0], 0, count, tile.workspace);
    const char* right = spread(codes[1], 1, count, tile.workspace + aligned(columns * 4));
    tile.kernels->multiply(left, types[0], left_zero, right, types[1], right_zero, count, scale, out);
  }
};

// Products that leave 32 bits: of codes of 16 bits and more.
class WideMultiplyTask : public MultiplyTask {
 public:
  void line(const Tile& /*tile*/, const char* const* codes, int count, char* out) const override {
    for (int i = 0; i < count; ++i) {
      const int64_t a = load_code(codes[0], types[0], in[0].column_stride * i) - left_zero;
      const int64_t b = load_code(codes[1], types[1], in[1].column_stride * i) - right_zero;
      const int64_t code = shift_round(a * b * scale.multiplier, scale.shift) + scale.zero_point;
      store_code(out, scale.type, i, clamp(code, scale.low, scale.high));
    }
  }
};

class Multiply : public Elementwise {
 public:
  explicit Multiply(const Record& record) : Elementwise(record, record.width()), record_(record) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    const Value &a = *operands[0], &b = *operands[1];
    const int64_t left_zero = record_.integer("left_zero_point"), right_zero = record_.integer("right_zero_point");
    const int64_t largest = a.width.centred(left_zero) * b.width.centred(right_zero);
    const bool wide = largest > INT32_MAX;
    std::unique_ptr<MultiplyTask> task = wide ? std::make_unique<WideMultiplyTask>() : std::make_unique<MultiplyTask>();
    task->left_zero = static_cast<int32_t>(left_zero);
    task->right_zero = static_cast<int32_t>(right_zero);
    task->scale = scale(record_, largest);
    const Axes shape = broadcast_shapes(a.view.shape, b.view.shape);
    return make(binder, {a.view, b.view}, shape, std::move(task), {a.type(), b.type()});
  }

 private:
  Record record_;
};

}  // namespace

OperatorPtr make_mul(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Multiply>(record); }

}  // namespace earnest
