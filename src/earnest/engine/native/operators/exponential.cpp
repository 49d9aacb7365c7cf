// E19, exponential: the numerators of a softmax in 8 bits, relative to the largest score of the row.
#include "families/rowwise.h"
#include "makers.h"

namespace earnest {
namespace {

class ExponentialTask : public ScoreTask {
 public:
  const uint8_t* entries = nullptr;

  void run(const Tile& tile) const override {
    each_row<uint8_t>(tile, [&](const char* codes, int count, uint8_t* out) {
      tile.kernels->exponential(codes, type, count, entries, out);
    });
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

OperatorPtr make_exponential(const Record& record, const Kernels& /*kernels*/) {
  return std::make_unique<Exponential>(record);
}

}  // namespace earnest
