// E15, table: y = table[x], one entry for each code of at most 8 bits.
#include "families/byte_entries.h"
#include "families/elementwise.h"
#include "makers.h"
#include "memory/bytes.h"

namespace earnest {
namespace {

class TableTask : public ElementTask {
 public:
  const uint8_t* entries = nullptr;
  uint8_t flip = 0;

  int64_t workspace(int /*rows*/) const override { return aligned(columns); }

  void line(const Tile& tile, const char* const* codes, int count, char* out) const override {
    const char* from = spread(codes[0], 0, count, tile.workspace);
    tile.kernels->table(reinterpret_cast<const uint8_t*>(from), count, flip, entries, out_type, out);
  }
};

class Table : public Elementwise {
 public:
  explicit Table(const Record& record)
      : Elementwise(record, {record.small("bits"), true}),
        flip_(flip_of(record.flag("input_signed"))),
        entries_(byte_entries(record.array("table"), record.input_width(), size_of(width_.type()))) {}

  Value bind(Binder& binder, const Operands& operands) const override {
    auto task = std::make_unique<TableTask>();
    task->entries = entries_.data();
    task->flip = flip_;
    const Value& x = *operands[0];
    return make(binder, {x.view}, x.view.shape, std::move(task), {x.type()});
  }

 private:
  uint8_t flip_;
  Vector<uint8_t> entries_;
};

}  // namespace

OperatorPtr make_table(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Table>(record); }

}  // namespace earnest
