// E16, interpolated_table: 513 entries over codes of 16 bits, and a straight line between two of them.
#include "families/elementwise.h"
#include "makers.h"
#include "memory/bytes.h"

namespace earnest {
namespace {

class InterpolatedTask : public ElementTask {
 public:
  const int32_t* entries = nullptr;
  Range range{};

  int64_t workspace(int /*rows*/) const override { return aligned(columns * 2); }

  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* from = spread(codes[0], 0, count, tile.workspace);
    tile.kernels->interpolate(reinterpret_cast<const int16_t*>(from), count, entries, static_cast<int32_t>(range.low),
                              static_cast<int32_t>(range.high), out_type, out);
  }
};

class InterpolatedTable : public Elementwise {
 public:
  explicit InterpolatedTable(const Record& record)
      : Elementwise(record, {record.small("bits"), true}),
        entries_(record.array("table").as<int32_t>()) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    auto task = std::make_unique<InterpolatedTask>();
    task->entries = entries_.data();
    task->range = width_.range();
    const Value& x = *operands[0];
    return make(binder, {x.view}, x.view.shape, std::move(task), {x.type()});
  }

 private:
  Vector<int32_t> entries_;
};

}  // namespace

OperatorPtr make_interpolated_table(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<InterpolatedTable>(record);
}

}  // namespace earnest
