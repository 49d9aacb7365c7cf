// E31, bias_norm: codes from the zero point, divided by the root of the squares of codes from offsets.
#include "families/rowwise.h"
#include "kernels/arithmetic.h"
#include "kernels/root.h"
#include "makers.h"

namespace earnest {
namespace {

struct Constants {
  Vector<int64_t> offset, multiplier, bias;  // the rounding term 2^(s[c]-1) is in the bias
  Vector<int> shift;
  int64_t epsilon = 1, input_zero_point = 0, zero_point = 0;
  Range range{};
};

class BiasNormTask : public RowTask {
 public:
  const Constants* constants = nullptr;
  Type to = Type::i8;

  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row)
      normalise(tile.in[0].data + row * tile.in[0].step, tile.out.data + row * tile.out.step);
  }

 private:
  void normalise(const char* x, char* out) const {
    const Constants& c = *constants;
    int64_t squares = 0;
    for (int channel = 0; channel < columns; ++channel) {
      const int64_t around = load_code(x, type, channel) - c.offset[channel];
      squares += around * around;
    }
    int64_t root = 0;
    int k = 0;
    inverse_root(columns * squares + c.epsilon, root, k);
    for (int channel = 0; channel < columns; ++channel) {
      const int64_t deviation = columns * (load_code(x, type, channel) - c.input_zero_point);
      const int64_t normalised = shift_round(deviation * root, 16 + k);
      const int64_t scaled = (normalised * c.multiplier[channel] + c.bias[channel]) >> c.shift[channel];
      store_code(out, to, channel, clamp(scaled + c.zero_point, c.range.low, c.range.high));
    }
  }
};

class BiasNorm : public Rowwise {
 public:
  explicit BiasNorm(const Record& record) : Rowwise(record, record.width()) {
    constants_.offset = record.array("offset").as<int64_t>();
    constants_.multiplier = record.array("multiplier").as<int64_t>();
    constants_.shift = record.array("shift").as<int>();
    constants_.bias = record.array("bias").as<int64_t>();
    for (int64_t c = 0; c < constants_.bias.size(); ++c) constants_.bias[c] += int64_t{1} << (constants_.shift[c] - 1);
    constants_.epsilon = record.integer("epsilon");
    constants_.input_zero_point = record.integer("input_zero_point");
    constants_.zero_point = record.integer("zero_point");
    constants_.range = width_.range();
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    auto task = std::make_unique<BiasNormTask>();
    task->constants = &constants_;
    task->to = width_.type();
    return make(binder, *operands[0], std::move(task));
  }

  int64_t weight_bytes() const override { return constants_.multiplier.size() * (3 * 8 + 4); }

 private:
  Constants constants_;
};

}  // namespace

OperatorPtr make_bias_norm(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<BiasNorm>(record);
}

}  // namespace earnest
