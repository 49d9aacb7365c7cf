// E19, exponential: the numerators of a softmax in 8 bits, relative to the largest score of the row.
#include <algorithm>

#include "families/rowwise.h"
#include "makers.h"

namespace earnest {
namespace {

class ExponentialTask : public ScoreTask {
 public:
  const uint8_t* entries = nullptr;

  void run(const Tile& tile) const override {
    for (int row = 0; row < tile.rows; ++row) {
      const int count = seen(tile, row);
      uint8_t* out = reinterpret_cast<uint8_t*>(tile.out.data + row * tile.out.step);
      tile.kernels->exponential(tile.in[0].data + row * tile.in[0].step, type, count, entries, out);
      std::fill(out + count, out + columns, uint8_t{0});
    }
  }
};

class Exponential : public OverScores {
 public:
  explicit Exponential(const Record& record)
      : OverScores(record, {8, false}),
        entries_(record.array("table").as<uint8_t>()) {
    if (entries_.size() > 256) refuse(name + ": expected at most 256 entries");
    entries_.resize(256);
  }

  Value bind(Binder& binder, const Operands& operands) const override {
    auto task = std::make_unique<ExponentialTask>();
    task->entries = entries_.data();
    return make(binder, *operands[0], std::move(task));
  }

 private:
  Vector<uint8_t> entries_;
};

}  // namespace

std::unique_ptr<Operator> make_exponential(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<Exponential>(record);
}

}  // namespace earnest
