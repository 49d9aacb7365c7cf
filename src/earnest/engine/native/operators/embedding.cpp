// E26, embedding: the row of each token, brought to the grid of the result. Rows lie in int8, for any may be asked for.
#include "kernels/arithmetic.h"
#include "makers.h"
#include "weights/weights.h"

namespace earnest {
namespace {

struct Table {
  Vector<int8_t> weight;
  Vector<uint16_t> multiplier;
  Vector<uint8_t> shift;
  int64_t width = 0, zero_point = 0;
  Range range{};
};

class EmbeddingTask : public Task {
 public:
  const Table* table = nullptr;
  Type token_type = Type::u16, type = Type::i8;

  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) {
      const int64_t token = load_code(tile.in[0].data + row * tile.in[0].step, token_type, 0);
      const int8_t* weight = table->weight.data() + token * table->width;
      const int64_t multiplier = table->multiplier[token];
      const int shift = table->shift[token];
      char* out = tile.out.data + row * tile.out.step;
      for (int64_t k = 0; k < table->width; ++k) {
        const int64_t rounded = shift_round(weight[k] * multiplier, shift);
        store_code(out, type, k, clamp(table->zero_point + rounded, table->range.low, table->range.high));
      }
    }
  }
};

class Embedding : public Operator {
 public:
  explicit Embedding(const Record& record) : Operator(record), width_(record.width()) {
    table_.weight = weight_codes(record);
    table_.multiplier = record.array("multiplier").as<uint16_t>();
    table_.shift = record.array("shift").as<uint8_t>();
    table_.width = record.array("weight").shape.at(1);
    table_.zero_point = record.integer("zero_point");
    table_.range = width_.range();
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    View tokens = operands[0]->view;
    tokens.shape.push(1);
    tokens.strides.push(1);
    Axes shape = tokens.shape;
    shape[shape.count - 1] = table_.width;
    Vector<View> views{tokens};
    Vector<Access> accesses;
    RowSpace space = binder.share(views, tokens.shape, true, name, accesses);
    space.columns = table_.width;
    space.column_axes.clear();
    if (table_.width > 1) space.column_axes.push_back(shape.count - 1);
    auto task = std::make_unique<EmbeddingTask>();
    task->table = &table_;
    task->token_type = operands[0]->type();
    task->type = width_.type();
    return made(binder, std::move(task), width_, space, accesses, shape);
  }

  int64_t weight_bytes() const override { return table_.weight.size() + 3 * table_.shift.size(); }

 private:
  Table table_;
  Width width_;
};

}  // namespace

OperatorPtr make_embedding(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<Embedding>(record);
}

}  // namespace earnest
