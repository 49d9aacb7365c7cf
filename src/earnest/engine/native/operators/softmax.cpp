// E18, softmax: probabilities of 16 bits over the last axis, one division per row.
#include <algorithm>

#include "families/rowwise.h"
#include "makers.h"

namespace earnest {
namespace {

constexpr int64_t kOne = 32767;  // the code of a probability of 1

class SoftmaxTask : public ScoreTask {
 public:
  SoftmaxTables tables{};

  void run(const Tile& tile) const override {
    each_row<int16_t>(tile, [&](const char* codes, int count, int16_t* out) {
      tile.kernels->softmax(codes, type, count, tables, out);
    });
  }
};

// Kernels load 256 entries, however many there are.
Vector<uint16_t> entries(const Array& array) {
  Vector<uint16_t> found = array.as<uint16_t>();
  found.resize(std::max<int64_t>(found.size(), 256));
  return found;
}

class Softmax : public OverScores {
 public:
  explicit Softmax(const Record& record)
      : OverScores(record, {16, true}),
        fine_bits_(record.small("fine_bits")),
        coarse_(entries(record.array("coarse"))),
        fine_(entries(record.array("fine"))),
        count_(static_cast<int>(coarse_.size())) {
    while (count_ > 1 && coarse_[count_ - 1] == 0) --count_;
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    auto task = std::make_unique<SoftmaxTask>();
    task->tables = {coarse_.data(), fine_.data(), fine_bits_, count_};
    Value value = make(binder, *operands[0], std::move(task));
    const int64_t keys = value.view.shape[value.view.rank() - 1];
    value.row_sum = kOne + (keys + 1) / 2;
    return value;
  }

 private:
  int fine_bits_;
  Vector<uint16_t> coarse_, fine_;
  int count_;
};

}  // namespace

OperatorPtr make_softmax(const Record& record, const Kernels& /*kernels*/) { return std::make_unique<Softmax>(record); }

}  // namespace earnest
