// E17, glu: one half of an axis times the table of the other half.
#include <algorithm>
#include <cstdlib>

#include "families/byte_entries.h"
#include "families/elementwise.h"
#include "makers.h"
#include "memory/bytes.h"

namespace earnest {
namespace {

constexpr int64_t kLargestLinear = int64_t{1} << 9;  // above the difference of any two codes of 8 bits

class GateTask : public ElementTask {
 public:
  const int16_t* entries = nullptr;
  uint8_t flip = 0;
  int32_t zero = 0;
  Scale scale{};

  int64_t workspace(int /*rows*/) const override { return 2 * aligned(columns); }

  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* linear = spread(codes[0], 0, count, tile.workspace);
    const char* gate = spread(codes[1], 1, count, tile.workspace + aligned(columns));
    tile.kernels->gate(reinterpret_cast<const uint8_t*>(linear), types[0], zero, reinterpret_cast<const uint8_t*>(gate),
                       flip, entries, count, scale, out);
  }
};

class GatedLinearUnit : public Elementwise {
 public:
  explicit GatedLinearUnit(const Record& record)
      : Elementwise(record, record.width()),
        axis_(record.small("axis")),
        zero_(record.small("input_zero_point")),
        flip_(flip_of(record.flag("input_signed"))),
        entries_(byte_entries(record.array("gate"), record.input_width(), 2)) {
    const Array& gate = record.array("gate");
    scale_ = scale(record, kLargestLinear * std::max(std::abs(gate.least()), std::abs(gate.most())));
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    const View& x = operands[0]->view;
    const Type type = operands[0]->type();
    const int64_t half = x.shape[axis_] / 2;
    auto task = std::make_unique<GateTask>();
    task->entries = reinterpret_cast<const int16_t*>(entries_.data());
    task->flip = flip_;
    task->zero = zero_;
    task->scale = scale_;
    const View linear = x.sliced(axis_, 0, half, 1), gate = x.sliced(axis_, half, 2 * half, 1);
    return make(binder, {linear, gate}, linear.shape, std::move(task), {type, type});
  }

 private:
  int axis_;
  int32_t zero_;
  uint8_t flip_;
  Vector<uint8_t> entries_;
  Scale scale_{};
};

}  // namespace

OperatorPtr make_glu(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<GatedLinearUnit>(record);
}

}  // namespace earnest
