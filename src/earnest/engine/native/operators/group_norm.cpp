// E25: groups of channels, normalised with all their positions. A row is a group of one batch, its codes side by side.
#include <algorithm>
#include <type_traits>

#include "kernels/arithmetic.h"
#include "kernels/root.h"
#include "makers.h"

namespace earnest {
namespace {

struct GroupConstants {
  Vector<int64_t> multiplier, bias;  // the rounding term 2^(s[c]-1) is in the bias
  Vector<int> shift;
  int64_t groups = 1, epsilon = 0;
  int epsilon_shift = 1, pre_shift = 0;
  int64_t zero_point = 0, low = 0, high = 0;
};

class GroupNormTask : public Task {
 public:
  const GroupConstants* constants = nullptr;
  int64_t channels = 1, positions = 1;  // of a group
  Type from = Type::i8, to = Type::i8;

  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) {
      const void* x = tile.in[0].data + row * tile.in[0].step;
      void* out = tile.out.data + row * tile.out.step;
      const int64_t first = (tile.first + row) % constants->groups * channels;
      with_type(from, [&](auto* x_tag) {
        with_type(to, [&](auto* y_tag) {
          normalise(static_cast<decltype(x_tag)>(const_cast<void*>(x)), first, static_cast<decltype(y_tag)>(out));
        });
      });
    }
  }

 private:
  template <class X, class Y>
  void normalise(const X* x, int64_t first, Y* out) const {
    const GroupConstants& c = *constants;
    const int64_t count = channels * positions, rounding = (int64_t{1} << c.pre_shift) >> 1;
    int64_t sum = 0, squares = 0;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t code = (int64_t{x[i]} + rounding) >> c.pre_shift;
      sum += code;
      squares += code * code;
    }
    const int64_t epsilon = shift_round(count * count * c.epsilon, c.epsilon_shift);
    int64_t root = 0;
    int k = 0;
    inverse_root(count * squares - sum * sum + std::max<int64_t>(epsilon, 1), root, k);
    const int shift = 16 + k;
    const int64_t half = int64_t{1} << (shift - 1);
    for (int64_t channel = 0; channel < channels; ++channel) {
      const int64_t at = first + channel;
      const int64_t multiplier = c.multiplier[at], bias = c.bias[at];
      const int own = c.shift[at];
      for (int64_t i = channel * positions; i < (channel + 1) * positions; ++i) {
        const int64_t code = (int64_t{x[i]} + rounding) >> c.pre_shift;
        const int64_t normalised = ((count * code - sum) * root + half) >> shift;
        const int64_t scaled = ((normalised * multiplier + bias) >> own) + c.zero_point;
        out[i] = static_cast<Y>(clamp(scaled, c.low, c.high));
      }
    }
  }
};

class GroupNorm : public Operator {
 public:
  explicit GroupNorm(const Record& record) : Operator(record), width_(record.width()) {
    constants_.multiplier = record.array("multiplier").as<int64_t>();
    constants_.shift = record.array("shift").as<int>();
    constants_.bias = record.array("bias").as<int64_t>();
    for (int64_t c = 0; c < constants_.bias.size(); ++c) constants_.bias[c] += int64_t{1} << (constants_.shift[c] - 1);
    constants_.groups = record.integer("groups");
    constants_.epsilon = record.integer("epsilon");
    constants_.epsilon_shift = record.small("epsilon_shift");
    constants_.pre_shift = record.small("pre_shift");
    constants_.zero_point = record.integer("zero_point");
    const Range range = width_.range();
    constants_.low = range.low;
    constants_.high = range.high;
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    const Value& x = *operands[0];
    const Axes& shape = x.view.shape;
    const int64_t channels = constants_.multiplier.size();
    if (shape.count < 3 || shape[1] != channels)
      refuse(name + ": expected [batch, channels, ...] of " + std::to_string(channels) + " channels");
    auto task = std::make_unique<GroupNormTask>();
    task->constants = &constants_;
    task->channels = channels / constants_.groups;
    task->positions = shape.product() / (shape[0] * channels);
    task->from = x.type();
    task->to = width_.type();
    const int64_t rows = shape[0] * constants_.groups, columns = task->channels * task->positions;
    return made_in_rows(binder, std::move(task), width_, x.view, rows, columns, columns, shape);
  }

  int64_t weight_bytes() const override { return constants_.multiplier.size() * (2 * 8 + 4); }

 private:
  Width width_;
  GroupConstants constants_;
};

}  // namespace

OperatorPtr make_group_norm(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<GroupNorm>(record);
}

}  // namespace earnest
