// E26, embedding: the row of each token, brought to the grid of the result. Rows lie in int8, for any may be asked for.
#include <algorithm>

#include "linear.h"

namespace earnest {
namespace {

struct Table {
  std::vector<int8_t> weight;
  std::vector<uint16_t> multiplier;
  std::vector<uint8_t> shift;
  int64_t width = 0, zero_point = 0;
  Range range{};
};

class EmbeddingTask : public Task {
 public:
  const Table* table = nullptr;
  Type token_type = Type::u16, type = Type::i8;

  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) {
      const size_t token = static_cast<size_t>(load_code(tile.in[0].data + row * tile.in[0].step, token_type, 0));
      const int8_t* weight = table->weight.data() + token * static_cast<size_t>(table->width);
      const int64_t multiplier = table->multiplier[token];
      const int shift = table->shift[token];
      char* out = tile.out.data + row * tile.out.step;
      for (int64_t k = 0; k < table->width; ++k) {
        const int64_t rounded = (weight[k] * multiplier + (int64_t{1} << (shift - 1))) >> shift;
        store_code(out, type, k, std::clamp(table->zero_point + rounded, table->range.low, table->range.high));
      }
    }
  }
};

class Embedding : public Operator {
 public:
  explicit Embedding(const Record& record) : Operator(record), bits_(record.small("bits")), is_signed_(record.integer("signed") != 0) {
    const Array &multiplier = record.array("multiplier"), &shift = record.array("shift");
    table_.weight = weight_codes(record);
    for (int64_t i = 0; i < multiplier.size(); ++i) table_.multiplier.push_back(static_cast<uint16_t>(multiplier[i]));
    for (int64_t i = 0; i < shift.size(); ++i) table_.shift.push_back(static_cast<uint8_t>(shift[i]));
    table_.width = record.array("weight").shape.at(1);
    table_.zero_point = record.integer("zero_point");
    table_.range = code_range(bits_, is_signed_);
  }

  Value bind(Binder& binder, const std::vector<const Value*>& operands) const override {
    View tokens = operands[0]->view;
    tokens.shape.push(1);
    tokens.strides.push(1);
    Axes shape = tokens.shape;
    shape[shape.count - 1] = table_.width;
    std::vector<View> views{tokens};
    std::vector<Access> accesses;
    RowSpace space = binder.share(views, tokens.shape, true, name, accesses);
    space.columns = table_.width;
    space.column_axes.clear();
    if (table_.width > 1) space.column_axes.push_back(shape.count - 1);
    auto task = std::make_unique<EmbeddingTask>();
    const Type type = container(bits_, is_signed_);
    task->table = &table_;
    task->token_type = operands[0]->type;
    task->type = type;
    return {binder.add(std::move(task), name, "embedding", space, binder.make(type, space), accesses, shape), type, bits_, is_signed_, 0};
  }

  size_t weight_bytes() const override { return table_.weight.size() + 3 * table_.shift.size(); }

 private:
  Table table_;
  int bits_;
  bool is_signed_;
};

}  // namespace

std::unique_ptr<Operator> make_embedding(const Record& record) { return std::make_unique<Embedding>(record); }

}  // namespace earnest
