// E25: groups of channels, normalised with all their positions. A row is a group of one batch, its codes side by side.
#include <algorithm>

#include "operator.h"
#include "root.h"

namespace earnest {
namespace {

struct GroupConstants {
  std::vector<int64_t> multiplier, bias;  // the rounding term 2^(s[c]-1) is in the bias
  std::vector<int> shift;
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
      const char* x = tile.in[0].data + row * tile.in[0].step;
      char* out = tile.out.data + row * tile.out.step;
      const int64_t first = (tile.first + row) % constants->groups * channels;
      switch (from) {
        case Type::i8: make(reinterpret_cast<const int8_t*>(x), first, out); break;
        case Type::u8: make(reinterpret_cast<const uint8_t*>(x), first, out); break;
        case Type::i16: make(reinterpret_cast<const int16_t*>(x), first, out); break;
        case Type::u16: make(reinterpret_cast<const uint16_t*>(x), first, out); break;
        case Type::i32: make(reinterpret_cast<const int32_t*>(x), first, out); break;
        default: make(reinterpret_cast<const uint32_t*>(x), first, out);
      }
    }
  }

 private:
  template <class X>
  void make(const X* x, int64_t first, char* out) const {
    switch (to) {
      case Type::i8: normalise(x, first, reinterpret_cast<int8_t*>(out)); break;
      case Type::u8: normalise(x, first, reinterpret_cast<uint8_t*>(out)); break;
      case Type::i16: normalise(x, first, reinterpret_cast<int16_t*>(out)); break;
      case Type::u16: normalise(x, first, reinterpret_cast<uint16_t*>(out)); break;
      case Type::i32: normalise(x, first, reinterpret_cast<int32_t*>(out)); break;
      default: normalise(x, first, reinterpret_cast<uint32_t*>(out));
    }
  }

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
    const int64_t epsilon = (count * count * c.epsilon + (int64_t{1} << (c.epsilon_shift - 1))) >> c.epsilon_shift;
    int64_t root;
    int k;
    inverse_root(count * squares - sum * sum + std::max<int64_t>(epsilon, 1), root, k);
    const int shift = 16 + k;
    const int64_t half = int64_t{1} << (shift - 1);
    for (int64_t channel = 0; channel < channels; ++channel) {
      const size_t at = static_cast<size_t>(first + channel);
      const int64_t multiplier = c.multiplier[at], bias = c.bias[at];
      const int own = c.shift[at];
      for (int64_t i = channel * positions; i < (channel + 1) * positions; ++i) {
        const int64_t code = (int64_t{x[i]} + rounding) >> c.pre_shift;
        const int64_t normalised = ((count * code - sum) * root + half) >> shift;
        const int64_t scaled = ((normalised * multiplier + bias) >> own) + c.zero_point;
        out[i] = static_cast<Y>(std::min(std::max(scaled, c.low), c.high));
      }
    }
  }
};

class GroupNorm : public Operator {
 public:
  explicit GroupNorm(const Record& record) : Operator(record), bits_(record.small("bits")), is_signed_(record.integer("signed") != 0) {
    const Array &multiplier = record.array("multiplier"), &shift = record.array("shift"), &bias = record.array("bias");
    for (int64_t c = 0; c < multiplier.size(); ++c) {
      constants_.multiplier.push_back(multiplier[c]);
      constants_.shift.push_back(static_cast<int>(shift[c]));
      constants_.bias.push_back(bias[c] + (int64_t{1} << (shift[c] - 1)));
    }
    constants_.groups = record.integer("groups");
    constants_.epsilon = record.integer("epsilon");
    constants_.epsilon_shift = record.small("epsilon_shift");
    constants_.pre_shift = record.small("pre_shift");
    constants_.zero_point = record.integer("zero_point");
    const Range range = code_range(bits_, is_signed_);
    constants_.low = range.low;
    constants_.high = range.high;
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    const Value& x = *operands[0];
    const Axes& shape = x.view.shape;
    const int64_t channels = static_cast<int64_t>(constants_.multiplier.size());
    if (shape.count < 3 || shape[1] != channels)
      refuse(name + ": expected [batch, channels, ...] of " + std::to_string(channels) + " channels");
    auto task = std::make_unique<GroupNormTask>();
    task->constants = &constants_;
    task->channels = channels / constants_.groups;
    task->positions = shape.product() / (shape[0] * channels);
    task->from = x.type;
    task->to = container(bits_, is_signed_);
    View rows, result;
    if (!binder.dense(x.view, name).reshaped({shape[0] * constants_.groups, task->channels * task->positions}, rows))
      refuse(name + ": a bug of the planner: a dense operand that cannot be read in rows");
    const RowSpace space = space_of_axes(rows.shape, 1, 0);
    std::vector<Access> accesses(1);
    if (!express(rows, space, accesses[0])) refuse(name + ": a bug of the planner: rows that cannot be read");
    const Type type = task->to;
    const View made = binder.add(std::move(task), name, "group_norm", space, binder.make(type, space), accesses, rows.shape);
    if (!made.reshaped(shape, result)) refuse(name + ": a bug of the planner: a dense result that has no other shape");
    return {result, type, bits_, is_signed_, 0};
  }

  size_t weight_bytes() const override { return constants_.multiplier.size() * (2 * sizeof(int64_t) + sizeof(int)); }

 private:
  int bits_;
  bool is_signed_;
  GroupConstants constants_;
};

}  // namespace

std::unique_ptr<Operator> make_group_norm(const Record& record) { return std::make_unique<GroupNorm>(record); }

}  // namespace earnest
